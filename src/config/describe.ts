/** Says what the settings mean: who is served by whom, with which keys, and what is enforced. Never shows a secret. */
import type { PriceOverride } from '../core/pricing.ts'
import type { ConfiguredProvider, ModelList, ProviderKey, Snapshot, VirtualKey } from '../core/snapshot.ts'
import { hostPatternText, type WebhookEndpoint } from '../core/webhooks.ts'

/** The settings as plain data, for machines. */
export interface Summary {
  readonly providers: readonly ProviderSummary[]
  readonly virtualKeys: readonly VirtualKeySummary[]
  /** Whose prices are the configuration's own, as `llama* of provider groq`; the most particular first. */
  readonly prices: readonly string[]
  readonly webhooks: readonly WebhookSummary[]
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

export interface WebhookSummary {
  readonly name: string
  readonly enabled: boolean
  /** Where it is told, without what may be a secret in an address; or the hosts of which requests may name one. */
  readonly address: string | readonly string[]
  readonly events: readonly string[]
  readonly secrets: number
}

export function summarise(snapshot: Snapshot): Summary {
  return {
    providers: [...snapshot.providers.values()].map(summariseProvider),
    virtualKeys: [...snapshot.virtualKeys.values()].map(summariseVirtualKey),
    prices: snapshot.priceOverrides.map(overrideText),
    webhooks: snapshot.webhooks.map(summariseWebhook),
    enforced: enforced(snapshot),
  }
}

/** May anybody who reaches the gateway make inference calls with its keys? */
export function isOpen(snapshot: Snapshot): boolean {
  return !snapshot.client.enforceVirtualKey && snapshot.admin?.onInference !== true
}

/** The settings as lines, for people. */
export function describe(snapshot: Snapshot): string[] {
  const { providers, virtualKeys, prices, webhooks, enforced } = summarise(snapshot)
  return [
    providers.length === 0 ? 'Providers: none' : 'Providers',
    ...providers.flatMap(providerLines),
    virtualKeys.length === 0 ? 'Virtual keys: none' : 'Virtual keys',
    ...virtualKeys.flatMap(virtualKeyLines),
    ...(prices.length === 0 ? [] : ['Prices of your own', ...prices.map((text) => `  ${text}`)]),
    ...(webhooks.length === 0 ? [] : ['Webhooks', ...webhooks.map((webhook) => `  ${webhookText(webhook)}`)]),
    `Required of clients: ${enforced.length === 0 ? 'nothing' : enforced.join('; ')}`,
  ]
}

function summariseWebhook({ name, enabled, destination, events, secrets }: WebhookEndpoint): WebhookSummary {
  const address =
    destination.kind === 'hosts'
      ? destination.hosts.map(hostPatternText)
      : (URL.parse(destination.url)?.origin ?? 'no address')
  return { name, enabled, address, events: [...events], secrets: secrets.length }
}

function webhookText({ name, enabled, address, events, secrets }: WebhookSummary): string {
  return [
    `${name}: ${typeof address === 'string' ? address : `requests name an address at ${address.join(', ')}`}`,
    events.join(', '),
    ...(secrets > 1 ? [`${secrets} secrets`] : []),
    ...(enabled ? [] : ['switched off']),
  ].join('; ')
}

/** Which models, and whose. */
export function overrideText({ pattern, scope }: PriceOverride): string {
  const { virtualKey, provider, key } = scope
  const owners = [
    ...(provider === undefined ? [] : [`provider ${provider}`]),
    ...(key === undefined ? [] : [`key ${key}`]),
    ...(virtualKey === undefined ? [] : [`virtual key ${virtualKey}`]),
  ]
  const models = pattern.kind === 'prefix' ? `${pattern.text}*` : pattern.text
  return owners.length === 0 ? models : `${models} of ${owners.join(' and ')}`
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
  'google-credentials': 'account of Google Cloud',
  'google-file': 'account of Google Cloud',
  'google-default': 'default credentials of Google Cloud',
  'aws-keys': 'access key of AWS',
  'aws-default': 'default credentials of AWS',
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
