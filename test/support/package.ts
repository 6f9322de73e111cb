/** Makes the package as users install it: what ships is measured and tried, not the sources with their types taken out at each start. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Builds into a folder of its own, which goes away with this process. Gives the command's path. */
export function compiledCommand(repository: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'asbru-package-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const build = join(repository, 'scripts', 'build.ts')
  execFileSync(process.execPath, [build, join(folder, 'dist')], { stdio: 'ignore' })
  for (const name of ['bin', 'migrations', 'package.json'])
    cpSync(join(repository, name), join(folder, name), { recursive: true })
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'bin', 'asbru.js')
}
