/** Makes the package as users install it: what is measured is what ships, not the sources with their types taken out at each start. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Compiles into a folder of its own, which goes away with this process. Gives the command's path. */
export function compiledCommand(repository: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'asbru-bench-package-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const compiler = join(repository, 'node_modules', '.bin', 'tsc')
  execFileSync(compiler, ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')], {
    cwd: repository,
    stdio: 'inherit',
  })
  const lists = join(folder, 'dist', 'catalogue', 'price-lists.json')
  execFileSync(process.execPath, [join(repository, 'src', 'catalogue', 'write-lists.ts'), lists], { stdio: 'pipe' })
  for (const name of ['bin', 'migrations', 'package.json'])
    cpSync(join(repository, name), join(folder, name), { recursive: true })
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'bin', 'asbru.js')
}
