/** Says what the settings mean: who is served by whom, with which keys, and what is enforced. Never shows a secret. */
import type { ConfiguredProvider, ModelList, ProviderKey, Snapshot, VirtualKey } from '../core/snapshot.ts'

/** The settings as plain data, for machines. */
export interface Summary {
  readonly providers: readonly ProviderSummary[]
  readonly virtualKeys: readonly VirtualKeySummary[]
  /** What a call needs before it is answered; empty: nothing. */
  readonly enforced: readonly string[]
}

export interface ProviderSummary {
  readonly name: string
  /** Undefined where each key has its own. */
  readonly address: string | undefined
  readonly keyless: boolean
  readonly keys: readonly KeySummary[]
}

export interface KeySummary {
  readonly name: string
  readonly weight: number
  readonly enabled: boolean
  readonly models: 'all' | readonly string[]
  readonly blocked: readonly string[]
  readonly aliases: Readonly<Record<string, string>>
  readonly address: string | undefined
  /** How it proves who pays. */
  readonly signIn: string
}

export interface VirtualKeySummary {
  readonly name: string
  readonly active: boolean
  readonly expires: string | undefined
  /** Null: everything. */
  readonly providers:
    | readonly {
        readonly name: string
        readonly weight: number | null
        readonly models: 'all' | readonly string[]
        readonly blocked: readonly string[]
        readonly keys: 'all' | readonly string[]
      }[]
    | null
}

export function summarise(snapshot: Snapshot): Summary {
  return {
    providers: [...snapshot.providers.values()].map(summariseProvider),
    virtualKeys: [...snapshot.virtualKeys.values()].map(summariseVirtualKey),
    enforced: enforced(snapshot),
  }
}

/** May anybody who reaches the gateway make inference calls with its keys? */
export function isOpen(snapshot: Snapshot): boolean {
  return !snapshot.client.enforceVirtualKey && snapshot.admin?.onInference !== true
}

/** The settings as lines, for people. */
export function describe(snapshot: Snapshot): string[] {
  const { providers, virtualKeys, enforced } = summarise(snapshot)
  return [
    providers.length === 0 ? 'Providers: none' : 'Providers',
    ...providers.flatMap(providerLines),
    virtualKeys.length === 0 ? 'Virtual keys: none' : 'Virtual keys',
    ...virtualKeys.flatMap(virtualKeyLines),
    `Required of clients: ${enforced.length === 0 ? 'nothing' : enforced.join('; ')}`,
  ]
}

function summariseProvider({ id, baseUrl, keyless, keys }: ConfiguredProvider): ProviderSummary {
  return { name: id, address: baseUrl, keyless, keys: keys.map(summariseKey) }
}

function summariseKey(key: ProviderKey): KeySummary {
  return {
    name: key.name,
    weight: key.weight,
    enabled: key.enabled,
    models: key.aliasesOnly ? [...key.aliases.keys()] : names(key.models),
    blocked: [...key.blacklist],
    aliases: Object.fromEntries([...key.aliases].map(([name, alias]) => [name, alias.model])),
    address: key.baseUrl,
    signIn: signIns[key.credential.kind],
  }
}

const signIns = {
  none: 'no key',
  secret: 'key',
  'entra-client': 'Entra application',
  'entra-machine': 'identity of the machine',
} as const

function summariseVirtualKey({ name, active, expiresAt, providers }: VirtualKey): VirtualKeySummary {
  const summary = providers?.map((entry) => ({
    name: entry.provider,
    weight: entry.weight,
    models: names(entry.models),
    blocked: [...entry.blacklist],
    keys: entry.keys === null ? ('all' as const) : [...entry.keys],
  }))
  const expires = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString()
  return { name, active, expires, providers: summary ?? null }
}

function names(list: ModelList): 'all' | readonly string[] {
  return list === 'all' ? 'all' : [...list]
}

function enforced({ client, admin }: Snapshot): string[] {
  return [
    ...(admin?.onInference ? ['admin credentials'] : []),
    ...(client.enforceVirtualKey ? ['a virtual key'] : []),
    ...client.requiredHeaders.map(({ name }) => `the header ${name}`),
  ]
}

function providerLines({ name, address, keyless, keys }: ProviderSummary): string[] {
  const head = `  ${name}${address === undefined ? '' : `  ${address}`}${keyless ? '  no key' : ''}`
  return [head, ...keys.map((key) => `    ${keyText(key)}`)]
}

function keyText(key: KeySummary): string {
  const aliases = Object.entries(key.aliases).map(([name, model]) => `${name} → ${model}`)
  return [
    `${key.name}: ${modelsText(key.models, key.blocked)}`,
    ...(aliases.length === 0 ? [] : [`sent as ${aliases.join(', ')}`]),
    `weight ${key.weight}`,
    ...(key.signIn === 'key' ? [] : [key.signIn]),
    ...(key.address === undefined ? [] : [key.address]),
    ...(key.enabled ? [] : ['switched off']),
  ].join('; ')
}

function modelsText(models: 'all' | readonly string[], blocked: readonly string[]): string {
  const served = models === 'all' ? 'all models' : models.length === 0 ? 'no models' : models.join(', ')
  return blocked.length === 0 ? served : `${served} but ${blocked.join(', ')}`
}

function virtualKeyLines({ name, active, expires, providers }: VirtualKeySummary): string[] {
  const state = [...(active ? [] : ['inactive']), ...(expires === undefined ? [] : [`until ${expires}`])]
  const head = `  ${name}${state.length === 0 ? '' : `  ${state.join(', ')}`}`
  if (providers === null) return [`${head}  everything`]
  if (providers.length === 0) return [`${head}  nothing`]
  return [
    head,
    ...providers.map((entry) =>
      [
        `    ${entry.name}: ${modelsText(entry.models, entry.blocked)}`,
        entry.weight === null ? 'by prefix only' : `weight ${entry.weight}`,
        ...(entry.keys === 'all' ? [] : [entry.keys.length === 0 ? 'no keys' : `keys ${entry.keys.join(', ')}`]),
      ].join('; '),
    ),
  ]
}
