/** Checks what no schema can: whether the parts of a configuration make sense, and fit each other. */
import type { Provider } from '../core/provider.ts'
import { checkAdmin, checkClient } from './check-client.ts'
import { checkProvider, type Surroundings } from './check-providers.ts'
import { checkVirtualKeys } from './check-virtual-keys.ts'
import type { Draft } from './draft.ts'
import { Report } from './report.ts'
import type { Config } from './schema.ts'

export function checkMeaning(config: Draft<Config>, providers: readonly Provider[]): Report {
  const report = new Report()
  const around: Surroundings = {
    providers,
    version: config.version ?? 2,
    directKeys: config.client?.allow_direct_keys === true,
    report,
  }
  checkClient(config.client ?? {}, report)
  checkAdmin(config.auth_config, ['auth_config'], report)
  checkAdmin(config.governance?.auth_config, ['governance', 'auth_config'], report)
  if (config.auth_config !== undefined && config.governance?.auth_config !== undefined) {
    report.fault(['governance', 'auth_config'], 'a second auth_config', 'one, here or at the top')
  }
  for (const [id, entry] of Object.entries(config.providers ?? {})) {
    if (entry !== undefined) checkProvider(id, entry, around)
  }
  checkVirtualKeys(config, around)
  return report
}
