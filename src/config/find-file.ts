/** Which file the configuration is in. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The file that was named, whether it exists or not; else `config.json` in the directory where everything is kept. Null: there is
 * none, and the environment says it all.
 */
export function findConfigFile(named: string | undefined, appDirectory: string | undefined): string | null {
  if (named !== undefined) return named
  const usual = appDirectory === undefined ? undefined : join(appDirectory, 'config.json')
  return usual !== undefined && existsSync(usual) ? usual : null
}
