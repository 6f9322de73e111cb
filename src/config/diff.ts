/** Says what changed between two snapshots, for the log: names things, never shows a secret. */
import { createHash } from 'node:crypto'
import type { PriceOverride } from '../core/pricing.ts'
import { Secret } from '../core/secret.ts'
import type { ConfiguredProvider, ProviderKey, Snapshot, VirtualKey } from '../core/snapshot.ts'
import { overrideText } from './describe.ts'

/** One line a change; empty when both say the same. */
export function diff(before: Snapshot, after: Snapshot): string[] {
  const [old, current] = [things(before), things(after)]
  const gone = [...old.keys()].filter((name) => !current.has(name))
  const come = [...current.keys()].filter((name) => !old.has(name))
  return [
    ...withoutParts(gone).map((name) => `${name} removed`),
    ...withoutParts(come).map((name) => `${name} added`),
    ...[...current].flatMap(([name, facts]) => changes(name, old.get(name) ?? facts, facts)),
  ]
}

/** What is told of a thing: by name, what can be shown, or the fingerprint of what cannot. */
type Facts = ReadonlyMap<string, Fact>
type Fact = { readonly shown: string } | { readonly fingerprint: string }

/** By name, as it is told; the parts of a thing are named after it: `provider openai, key main`. */
function things(snapshot: Snapshot): Map<string, Facts> {
  const { client, admin, providers, virtualKeys, priceOverrides, webhooks } = snapshot
  const all = new Map<string, Facts>([['client', facts(client)]])
  if (admin !== null) all.set('admin credentials', facts(admin))
  for (const provider of providers.values()) addProvider(all, provider)
  for (const [hash, virtualKey] of virtualKeys) addVirtualKey(all, hash, virtualKey)
  for (const override of priceOverrides) all.set(`price of ${overrideText(override)}`, priceFacts(override))
  for (const { name, ...endpoint } of webhooks) all.set(`webhook ${name}`, facts(endpoint))
  return all
}

function addProvider(all: Map<string, Facts>, { id, keys, network, provider, ...settings }: ConfiguredProvider): void {
  const name = `provider ${id}`
  all.set(
    name,
    new Map([...facts(settings), ...facts(network), ...facts({ type: provider.name, auth: provider.auth })]),
  )
  for (const { name: keyName, ...key } of keys)
    all.set(`${name}, key ${keyName}`, facts(key satisfies Omit<ProviderKey, 'name'>))
}

function addVirtualKey(all: Map<string, Facts>, hash: string, { name, providers, ...key }: VirtualKey): void {
  const virtualKey = `virtual key ${name}`
  all.set(virtualKey, new Map([...facts({ ...key, everything: providers === null }), ['value', { fingerprint: hash }]]))
  for (const { provider, ...entry } of providers ?? []) all.set(`${virtualKey}, provider ${provider}`, facts(entry))
}

/** A figure each, in dollars as the file has them. */
function priceFacts({ patch }: PriceOverride): Facts {
  const figures = patch.changes.map(({ tier, part, above, rate }): [string, Fact] => {
    const name = [part, ...(tier === 'standard' ? [] : [tier]), ...(above === undefined ? [] : [`above ${above}`])]
    return [name.join(' '), { shown: String(rate / 1e15) }]
  })
  return new Map([...figures, ...facts({ unitedStates: patch.unitedStates })])
}

/** Values of these names are not shown: they are secrets, may hold some, or say nothing to people. */
const unshown: ReadonlySet<string> = new Set([
  'credential',
  'extraHeaders',
  'caCertificate',
  'proxy',
  'requiredHeaders',
  'secrets',
  // The addresses that some services give out are secrets themselves.
  'destination',
])

function facts(settings: object): Facts {
  return new Map(
    Object.entries(settings).map(([name, value]) => {
      const hashed = unshown.has(name) || value instanceof Uint8Array
      return [name, hashed ? { fingerprint: fingerprint(value) } : { shown: show(value) }]
    }),
  )
}

function fingerprint(value: unknown): string {
  return createHash('sha256').update(show(value, true)).digest('hex')
}

/** `revealed`: with secrets, to be hashed at once. */
function show(value: unknown, revealed = false): string {
  if (value === undefined || value === null) return 'not set'
  if (value instanceof Secret) return revealed ? value.reveal() : String(value)
  if (value instanceof RegExp) return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof Set || Array.isArray(value))
    return [...value].map((item) => show(item, revealed)).join(', ') || 'none'
  const entries = value instanceof Map ? [...value] : typeof value === 'object' ? Object.entries(value) : undefined
  if (entries === undefined) return String(value)
  return entries.map(([name, item]) => `${name}: ${show(item, revealed)}`).join(', ') || 'none'
}

function changes(name: string, before: Facts, after: Facts): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((fact) => {
    const [old, current] = [before.get(fact), after.get(fact)]
    if (text(old) === text(current)) return []
    const visible = old !== undefined && current !== undefined && 'shown' in old && 'shown' in current
    return [`${name}: ${words(fact)} ${visible ? `${old.shown} → ${current.shown}` : 'changed'}`]
  })
}

function text(fact: Fact | undefined): string | undefined {
  return fact === undefined ? undefined : 'shown' in fact ? fact.shown : fact.fingerprint
}

/** `maxRetries` → `max retries`. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** What comes or goes with its thing needs no line of its own. */
function withoutParts(names: readonly string[]): string[] {
  return names.filter((name) => !names.some((whole) => name.startsWith(`${whole}, `)))
}
