/** Which provider an entry of the configuration is about. */
import type { Provider } from '../core/provider.ts'
import { reservedIds } from '../providers/index.ts'
import { withoutResponses } from '../providers/responses-wires.ts'
import type { Draft } from './draft.ts'
import { nearest } from './nearest.ts'
import type { ProviderEntry } from './schema.ts'

/** What the name of a provider entry stands for. */
export type KnownProvider =
  | { readonly kind: 'known'; readonly provider: Provider }
  /** An identifier of the file format that is not served here so far: accepted, left out. */
  | { readonly kind: 'later' }
  /** Always there, never configured. */
  | { readonly kind: 'built-in' }
  | { readonly kind: 'unknown'; readonly nearest: string | undefined }

const builtIn: ReadonlySet<string> = new Set(['simulator'])

/** The types a custom provider can be of, by the names of the file format. */
export const customBaseTypes = [
  'anthropic',
  'bedrock',
  'cohere',
  'gemini',
  'huggingface',
  'openai',
  'replicate',
] as const

/** What stands behind a provider's name, where it is not a custom provider. */
export function knownProvider(id: string, providers: readonly Provider[]): KnownProvider {
  const provider = providers.find((candidate) => candidate.id === id)
  if (builtIn.has(id)) return { kind: 'built-in' }
  if (provider !== undefined) return { kind: 'known', provider }
  if (reservedIds.includes(id)) return { kind: 'later' }
  return { kind: 'unknown', nearest: nearest(id, [...providers.map((candidate) => candidate.id), ...reservedIds]) }
}

/**
 * The provider an entry describes, undefined where there is none. An entry with `custom_provider_config` is a provider of
 * its own even where a built-in one has the same name: files are older than lists of providers.
 */
export function providerOf(
  id: string,
  entry: Draft<ProviderEntry>,
  providers: readonly Provider[],
): Provider | undefined {
  const custom = entry.custom_provider_config
  if (custom === undefined) {
    const known = knownProvider(id, providers)
    return known.kind === 'known' ? known.provider : undefined
  }
  const type = customBaseTypes.find((candidate) => candidate === custom.base_provider_type)
  const base = providers.find((provider) => provider.id === type)
  if (base === undefined) return undefined
  // Where it is, what it is configured by, which models it has, what they lack and what they cost is the base's own affair.
  const { baseUrl: _, environment: __, families: ___, lacks: ____, prices: _____, ...known } = base
  // What follows OpenAI's wire most often has chat completions alone; who has more does not keep state as OpenAI does.
  const wire = custom.responses === true ? withoutState(known) : withoutResponses(known)
  return { ...wire, id, name: id, auth: custom.is_key_less ? { scheme: 'none' } : base.auth }
}

/** What it keeps is its own affair: the history is in every request. */
function withoutState<Wires extends Pick<Provider, 'wires'>>({ wires, ...provider }: Wires) {
  return { ...provider, ...(wires && { wires: wires.map((wire) => ({ ...wire, keepsState: false })) }) }
}

/** Those a machine can sign in with by itself, besides the one that takes nothing. */
const keylessSchemes: ReadonlySet<string> = new Set(['none', 'azure', 'google', 'aws'])

/**
 * Is a key needed to call it? Not where the provider takes none, where a machine can prove who it is by itself, and where
 * the address is the user's own: such a server often asks for no key.
 */
export function needsKey(provider: Provider, entry: Draft<ProviderEntry>): boolean {
  if (entry.custom_provider_config !== undefined) return entry.custom_provider_config.is_key_less !== true
  if (keylessSchemes.has(provider.auth.scheme)) return false
  return provider.needsKey ?? provider.baseUrl !== undefined
}

/** Does somebody have to sign in to call it, whom only a key can name? Without keys it serves nobody. */
export function signsIn({ auth }: Provider): boolean {
  return auth.scheme !== 'none' && keylessSchemes.has(auth.scheme)
}

/** What a key is called in logs, in `x-bf-api-key` and in virtual keys. Older files give their keys no names. */
export function keyName(name: string | undefined, provider: string, index: number): string {
  return name ?? `${provider}-${index + 1}`
}
