/** Checks the sense of the prices that a configuration overrides. */
import { rateOf } from '../core/price.ts'
import { checkUnique } from './check-texts.ts'
import type { Draft } from './draft.ts'
import type { Path } from './finding.ts'
import { keyName } from './known-providers.ts'
import { nearest } from './nearest.ts'
import { type PriceFieldName, priceFields } from './price-fields.ts'
import { chatOperation, isForChat, isForUsers } from './pricing.ts'
import type { Report } from './report.ts'
import type { Config, PricingOverrideEntry } from './schema.ts'

type Entry = Draft<PricingOverrideEntry>

const ids = ['provider_id', 'provider_key_id', 'virtual_key_id'] as const

/** Which ids each scope goes by; it has no other. */
const scopes: Readonly<Record<string, readonly (typeof ids)[number][]>> = {
  global: [],
  provider: ['provider_id'],
  provider_key: ['provider_key_id'],
  virtual_key: ['virtual_key_id'],
  virtual_key_provider: ['virtual_key_id', 'provider_id'],
  virtual_key_provider_key: ['virtual_key_id', 'provider_key_id'],
}

export function checkPricing(config: Draft<Config>, report: Report): void {
  const entries = config.governance?.pricing_overrides ?? []
  const path = ['governance', 'pricing_overrides']
  checkUnique(
    entries.map((entry) => entry?.id),
    (index) => [...path, index, 'id'],
    report,
  )
  for (const [index, entry] of entries.entries()) {
    if (entry !== undefined) checkOverride(entry, [...path, index], config, report)
  }
  warnOfRepeated(entries, path, report)
}

function checkOverride(entry: Entry, path: Path, config: Draft<Config>, report: Report): void {
  if (isForUsers(entry)) {
    return report.warn([...path, 'scope_kind'], 'is about users, which there are none of so far: it has no effect yet.')
  }
  if (!isForChat(entry)) {
    report.warn([...path, 'request_types'], `do not have ${chatOperation}: it has no effect yet.`)
  }
  checkScope(entry, path, report)
  checkNames(entry, path, config, report)
  if (entry.match_type === 'wildcard' && entry.pattern !== undefined && !entry.pattern.endsWith('*')) {
    report.fault([...path, 'pattern'], `${JSON.stringify(entry.pattern)} with match_type wildcard`, 'a * at its end')
  }
  checkFigures(entry, [...path, 'pricing_patch'], report)
}

function checkScope(entry: Entry, path: Path, report: Report): void {
  const kind = entry.scope_kind
  const wanted = kind && scopes[kind]
  if (wanted === undefined) return
  for (const id of ids) {
    const given = entry[id] !== undefined
    if (given === wanted.includes(id)) continue
    const found = given ? `an id, while scope_kind is ${kind}` : 'nothing'
    report.fault([...path, id], found, given ? 'none' : `an id, as scope_kind is ${kind}`)
  }
}

/** An override that never applies is odd, but does no harm. */
function checkNames(entry: Entry, path: Path, config: Draft<Config>, report: Report): void {
  const providers = Object.entries(config.providers ?? {})
  const keys = providers.flatMap(([id, provider]) =>
    (provider?.keys ?? []).flatMap((key, index) => [key?.id, keyName(key?.name, id, index)]),
  )
  const virtualKeys = (config.governance?.virtual_keys ?? []).map((key) => key?.id ?? key?.name)
  const known: Readonly<Record<(typeof ids)[number], readonly (string | undefined)[]>> = {
    provider_id: [...providers.map(([id]) => id), 'simulator'],
    provider_key_id: keys,
    virtual_key_id: virtualKeys,
  }
  for (const id of ids) {
    const name = entry[id]
    const names = known[id].filter((other) => other !== undefined)
    if (name === undefined || names.includes(name)) continue
    report.warn([...path, id], `${JSON.stringify(name)} is not in this file: it never applies.`, nearest(name, names))
  }
}

function checkFigures({ pricing_patch: patch = {} }: Entry, path: Path, report: Report): void {
  if (Object.keys(patch).length === 0) report.warn(path, 'is empty: it changes nothing.')
  for (const name of Object.keys(priceFields) as PriceFieldName[]) {
    const figure = patch[name]
    if (figure === undefined || Number(`${rateOf(figure)}e-15`) === figure) continue
    report.warn([...path, name], `has more than 15 decimals, and counts as ${rateOf(figure)}e-15.`)
  }
}

function warnOfRepeated(entries: readonly (Entry | undefined)[], path: Path, report: Report): void {
  const seen = new Map<string, number>()
  for (const [index, entry] of entries.entries()) {
    if (entry?.pattern === undefined || !isForChat(entry)) continue
    const { provider_id, provider_key_id, virtual_key_id, pattern, match_type } = entry
    const same = JSON.stringify([provider_id, provider_key_id, virtual_key_id, pattern.toLowerCase(), match_type])
    const first = seen.get(same)
    if (first === undefined) seen.set(same, index)
    else report.warn([...path, index, 'pattern'], `is that of [${first}], which comes first: it never applies.`)
  }
}
