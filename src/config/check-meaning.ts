/** Checks what no schema can: whether the parts of a configuration make sense, and fit each other. */
import type { Provider } from '../core/provider.ts'
import { checkAdmin, checkClient } from './check-client.ts'
import { checkPricing } from './check-pricing.ts'
import { checkProvider, type Surroundings } from './check-providers.ts'
import { checkStores } from './check-stores.ts'
import { checkVirtualKeys } from './check-virtual-keys.ts'
import { checkWebhooks } from './check-webhooks.ts'
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
  checkPricing(config, report)
  checkWebhooks(config.webhooks ?? [], report)
  checkStores(config, report)
  checkEncryptionKey(config.encryption_key, report)
  return report
}

/** A key of that many random letters cannot be found by trying. */
const shortestKey = 16

function checkEncryptionKey(key: string | undefined, report: Report): void {
  if (key === undefined || key.length >= shortestKey) return
  report.warn(
    ['encryption_key'],
    `is short enough to be found by trying: take 32 random bytes, openssl rand -base64 32.`,
  )
}
