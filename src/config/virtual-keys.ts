/** Makes the virtual keys of a snapshot. */
import { createHash } from 'node:crypto'
import type { VirtualKey, VirtualKeyProvider } from '../core/snapshot.ts'
import { readTime } from './check-virtual-keys.ts'
import { allowedModels, lowerCase, type Version } from './model-list.ts'
import type { VirtualKeyEntry, VirtualKeyProviderEntry } from './schema.ts'

/** By the hash of their values: the values themselves are not kept. */
export function buildVirtualKeys(
  entries: readonly VirtualKeyEntry[],
  version: Version,
): ReadonlyMap<string, VirtualKey> {
  const hash = (value = '') => createHash('sha256').update(value).digest('hex')
  return new Map(entries.map((entry) => [hash(entry.value), buildVirtualKey(entry, version)]))
}

function buildVirtualKey(entry: VirtualKeyEntry, version: Version): VirtualKey {
  const configs = entry.provider_configs ?? []
  return {
    id: entry.id ?? entry.name,
    name: entry.name,
    active: entry.is_active ?? true,
    expiresAt: entry.expires_at === undefined ? undefined : readTime(entry.expires_at),
    providers: version === 1 && configs.length === 0 ? null : configs.map((config) => buildProvider(config, version)),
  }
}

function buildProvider(entry: VirtualKeyProviderEntry, version: Version): VirtualKeyProvider {
  const keys = entry.key_ids ?? entry.allowed_keys ?? []
  return {
    provider: entry.provider,
    weight: entry.weight ?? (version === 1 ? 1 : null),
    models: allowedModels(entry.allowed_models, entry.blacklisted_models, version),
    blacklist: lowerCase(entry.blacklisted_models),
    keys: keys.includes('*') || (version === 1 && keys.length === 0) ? null : new Set(keys),
  }
}
