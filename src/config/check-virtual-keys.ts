/** Checks the sense of what a configuration says about virtual keys. */

import type { Surroundings } from './check-providers.ts'
import { checkNames, checkToken, checkUnique } from './check-texts.ts'
import type { Draft } from './draft.ts'
import type { Path } from './finding.ts'
import { keyName, knownProvider } from './known-providers.ts'
import { nearest } from './nearest.ts'
import type { Config, ProviderEntry, VirtualKeyEntry, VirtualKeyProviderEntry } from './schema.ts'

export function checkVirtualKeys(config: Draft<Config>, around: Surroundings): void {
  const keys = config.governance?.virtual_keys ?? []
  const path = ['governance', 'virtual_keys']
  for (const name of ['id', 'name', 'value'] as const) {
    checkUnique(
      keys.map((key) => key?.[name]),
      (index) => [...path, index, name],
      around.report,
      name !== 'value',
    )
  }
  for (const [index, key] of keys.entries()) {
    if (key !== undefined) checkVirtualKey(key, [...path, index], config, around)
  }
}

/**
 * Unix milliseconds; undefined where the text is no time. A date alone means its beginning, in UTC.
 * https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function readTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d))?$/.test(text)) return undefined
  const time = Date.parse(text.replace(' ', 'T'))
  return Number.isNaN(time) ? undefined : time
}

function checkVirtualKey(key: Draft<VirtualKeyEntry>, path: Path, config: Draft<Config>, around: Surroundings): void {
  const { report, version } = around
  if (!key.value) report.fault([...path, 'value'], 'nothing', 'what clients send: sk-bf-…, or env.NAME')
  else if (!/^sk-bf-/i.test(key.value)) {
    report.warn([...path, 'value'], 'does not begin with sk-bf-: it works in the header x-bf-vk only.')
  }
  checkToken(key.value, [...path, 'value'], report)
  if (key.expires_at !== undefined && readTime(key.expires_at) === undefined) {
    report.fault([...path, 'expires_at'], 'a text that is no time', 'one such as 2027-01-31T12:00:00Z')
  }
  const entries = key.provider_configs ?? []
  if (version === 2 && entries.length === 0) {
    report.warn([...path, 'provider_configs'], 'is empty, so the virtual key may use nothing.')
  }
  checkUnique(
    entries.map((entry) => entry?.provider),
    (index) => [...path, 'provider_configs', index, 'provider'],
    report,
  )
  for (const [index, entry] of entries.entries()) {
    if (entry !== undefined) checkEntry(entry, [...path, 'provider_configs', index], config, around)
  }
}

function checkEntry(
  entry: Draft<VirtualKeyProviderEntry>,
  path: Path,
  config: Draft<Config>,
  around: Surroundings,
): void {
  const { report, version } = around
  checkNames(entry.allowed_models, [...path, 'allowed_models'], version, report)
  checkNames(entry.blacklisted_models, [...path, 'blacklisted_models'], version, report)
  if (version === 2 && (entry.allowed_models ?? []).length === 0) {
    report.warn([...path, 'allowed_models'], 'is empty, so no model is allowed. ["*"] is all models.')
  }
  if (entry.key_ids !== undefined && entry.allowed_keys !== undefined) {
    report.fault([...path, 'allowed_keys'], 'a list beside key_ids', 'one of the two')
  }
  checkProviderName(entry, path, config, around)
}

function checkProviderName(
  { provider: id, ...entry }: Draft<VirtualKeyProviderEntry>,
  path: Path,
  config: Draft<Config>,
  around: Surroundings,
): void {
  if (id === undefined) return
  const { report } = around
  const place = [...path, 'provider']
  const configured = new Map(Object.entries(config.providers ?? {}))
  const known = knownProvider(id, around.providers)
  if (known.kind === 'built-in') return
  const provider = configured.get(id)
  if (provider !== undefined) return checkKeyNames(entry, keyNames(id, provider), path, around)
  // It is there, but faulty: that is told where it stands.
  if (configured.has(id)) return
  if (known.kind === 'unknown') {
    const ids = [...configured.keys()]
    report.fault(
      place,
      `the unknown provider ${JSON.stringify(id)}`,
      `one of ${ids.join(', ')}`,
      nearest(id, ids) ?? known.nearest,
    )
  } else report.warn(place, `${JSON.stringify(id)} is not configured.`)
}

function keyNames(id: string, { keys }: Draft<ProviderEntry>): string[] {
  return (keys ?? []).flatMap((key, index) => [
    keyName(key?.name, id, index),
    ...(key?.id === undefined ? [] : [key.id]),
  ])
}

function checkKeyNames(
  entry: Draft<VirtualKeyProviderEntry>,
  known: readonly string[],
  path: Path,
  { report, version }: Surroundings,
): void {
  const name = entry.key_ids === undefined ? 'allowed_keys' : 'key_ids'
  const wanted = entry[name] ?? []
  checkNames(wanted, [...path, name], version, report)
  if (version === 2 && wanted.length === 0 && known.length > 0) {
    report.warn([...path, 'key_ids'], 'is empty, so none of the keys may be used. ["*"] is all keys.')
  }
  for (const [index, text] of wanted.entries()) {
    if (text === undefined || text === '*' || known.includes(text)) continue
    report.warn(
      [...path, name, index],
      `no key of the provider is called ${JSON.stringify(text)}.`,
      nearest(text, known),
    )
  }
}
