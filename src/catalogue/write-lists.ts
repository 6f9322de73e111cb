/** The price lists as the package that is built has them; `scripts/build.ts` writes them. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readJson } from '../core/parse-json.ts'
import { listsOfPackage } from './load-lists.ts'

/** The file's text: the lists, and whose they are. */
export async function listsText(): Promise<string> {
  const folder = join(dirname(fileURLToPath(import.meta.resolve('@pydantic/genai-prices'))), '..')
  const { name, version } = readJson(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>
  const license = readFileSync(join(folder, 'LICENSE'), 'utf8')
  return JSON.stringify({ source: `${name} ${version}`, license, lists: await listsOfPackage() })
}
