/**
 * Writes `dist/`, what the package runs: `npm run build`; into another folder: `node scripts/build.ts FOLDER`. The sources become a few files, as the hundreds they are would take as long to find and to
 * read as everything else that a start has to do. https://rolldown.rs/reference/
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plugin, rolldown } from 'rolldown'
import { listsText } from '../src/catalogue/write-lists.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const sources = join(root, 'src')
const target = resolve(process.argv[2] ?? join(root, 'dist'))

/** Of packages that are many small files, what is used goes into ours. All others stay where they are installed. */
const bundled = ['zod', 'eventsource-parser']

/** What is started by its name: the program, and the threads. */
const entries = ['cli/main', 'stores/sqlite/worker', 'tokenizer/worker']

const placeholder = '__placeOfModule__'

/** Files that lie beside a module are found from where it stood in the sources, in whichever file it has come to be. */
const placesOfModules: Plugin = {
  name: 'places-of-modules',
  transform(code, id) {
    if (!code.includes('import.meta.url') || !id.startsWith(sources)) return null
    const place = relative(sources, id).split(sep).join('/').replace(/ts$/, 'js')
    return code.replaceAll('import.meta.url', `${placeholder}(${JSON.stringify(place)})`)
  },
  renderChunk(code, { fileName }) {
    if (!code.includes(placeholder)) return null
    const up = '../'.repeat(fileName.split('/').length - 1) || './'
    return code.replaceAll(
      new RegExp(`${placeholder}\\((["'\`])(.*?)\\1\\)`, 'g'),
      (_, __, place: string) => `new URL(${JSON.stringify(up + place)}, import.meta.url).href`,
    )
  },
}

async function build(): Promise<void> {
  rmSync(target, { recursive: true, force: true })
  const bundle = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((entry) => [entry, join(sources, `${entry}.ts`)])),
    platform: 'node',
    external: (id) => /^[\w@]/.test(id) && !bundled.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [placesOfModules],
    // Lines stay where they are; columns behind a place may be off, which no stack trace shows.
    checks: { sourcemapBroken: false },
  })
  const { output } = await bundle.write({
    dir: target,
    format: 'esm',
    sourcemap: true,
    chunkFileNames: 'parts/[name]-[hash].js',
  })
  await bundle.close()
  writeFileSync(join(target, 'licenses.txt'), bundled.map(licenseOf).join('\n\n'))
  mkdirSync(join(target, 'catalogue'))
  writeFileSync(join(target, 'catalogue', 'price-lists.json'), await listsText())
  console.log(`${output.length} files are in ${target}.`)
}

function licenseOf(name: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  return `${name} ${version}\n\n${readFileSync(join(dirname(manifest), 'LICENSE'), 'utf8')}`
}

await build()
