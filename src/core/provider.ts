/** What a provider is: data. Code is in its dialect; a quirk is an argument to it. */
import type { Lack } from './capabilities.ts'
import type { ProviderChat, ProviderCount } from './dialect.ts'
import type { Json, JsonObject } from './json.ts'

export interface Provider {
  /** The identifier clients write in front of the slash, and `extra_fields.provider`. */
  readonly id: string
  readonly name: string
  /** The provider's own API reference. */
  readonly docs: string
  /** Without version and path, as `network_config.base_url` gives it. Absent: the configuration must say, or `regionalUrl` does. */
  readonly baseUrl?: string
  /** Where it is in a region, for providers that have an address in each. Undefined: this target does not say enough. */
  readonly regionalUrl?: (target: PathTarget) => string | undefined
  readonly auth: Auth
  /** A provider without a base URL is a server of one's own, which often asks for no key. True: this one asks, wherever it is. */
  readonly needsKey?: boolean
  readonly paths: Paths
  /** Reads its list of models where that is not in OpenAI's form: objects with an `id` each. */
  readonly readModels?: (body: Json) => JsonObject[]
  /** Headers every request to this provider carries, lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly chat?: ProviderChat
  /** Absent: it does not count tokens, so they are estimated. */
  readonly count?: Counting
  /** Where it speaks several wires: those besides `chat`. The first that serves a target is the one, else it is `chat`. */
  readonly wires?: readonly Wire[]
  /** What else there is to know for whoever sets it up: Markdown for docs/providers.md. */
  readonly note?: string
  /** Names of environment variables that configure the provider when no file does, first found wins. */
  readonly environment?: {
    readonly key?: readonly string[]
    readonly baseUrl?: readonly string[]
    readonly apiVersion?: readonly string[]
    /** Where it needs no key, but has regions and projects: both together mean this provider. */
    readonly project?: readonly string[]
    readonly region?: readonly string[]
    /** Makes a URL of what people write into the variable of `baseUrl`. Throws where it is none. Default: a URL, or a host. */
    readonly readBaseUrl?: (text: string) => string
  }
  /** What some of its models lack, or all of them. Only what is documented: what is doubtful the provider itself may say. */
  readonly lacks?: readonly Lack[]
  /** Where its models stand in the price lists: the name of a list, or of a list and a model in it. Absent: nowhere. */
  readonly prices?: string | ((target: PathTarget) => PriceListing | undefined)
  /** Beginnings of model names that are this provider's own, for model names that come without a provider. */
  readonly families?: readonly string[]
  /** Other hosts have models whose names begin with this id and a slash: it means the provider only where that is configured. */
  readonly sharesName?: boolean
}

/** A model in a list of prices. */
export interface PriceListing {
  readonly list: string
  readonly model: string
  /** What this target multiplies the listed rates of tokens by, in millionths. */
  readonly factor?: number
}

/** One of several ways to speak to a provider. What is absent is as the provider has it. */
export interface Wire {
  /** Is this how the target is spoken to? */
  serves(target: PathTarget): boolean
  readonly chat: ProviderChat
  readonly path: Paths['chat']
  /** Absent: who is spoken to this way does not count tokens. */
  readonly count?: Counting
  readonly auth?: Auth
  readonly headers?: Readonly<Record<string, string>>
  /** Keeps responses, so that a request can go on from one by its id. Default false: the history has to be in the request. */
  readonly keepsState?: boolean
  /** Not every server of this kind has it: where there is no such path, the provider is spoken to as if the wire were not there. */
  readonly isOptional?: boolean
}

/** How a provider counts tokens, and where. */
export interface Counting {
  readonly tokens: ProviderCount
  readonly path: string | ((target: PathTarget) => string)
}

/**
 * How a request proves who pays. `azure`: an API key in `api-key`, or an Entra token as bearer, whichever the key holds. `google`: the same with
 * `x-goog-api-key` and a token of Google Cloud. `aws`: an API key as bearer, or a signature for this service.
 */
export type Auth =
  | { readonly scheme: 'none' | 'bearer' | 'azure' | 'google' }
  | { readonly scheme: 'header'; readonly name: string }
  | { readonly scheme: 'aws'; readonly service: string }

/** Paths behind the base URL; a function where the model or the API version is part of it. */
export interface Paths {
  readonly chat: string | ((target: PathTarget) => string)
  /** Where the provider lists its models; absent: it has no list. */
  readonly models?: string | ((target: PathTarget) => string)
}

/** What the address of a call is made of. */
export interface PathTarget {
  /** The dialect the client speaks: of a provider's wires, its own loses nothing. */
  readonly client: string
  /** The model as the provider calls it: a deployment, where there are deployments. */
  readonly model: string
  /** The model as the client called it; the configuration may map it to a name that says nothing. */
  readonly requested: string
  /** Of which family the model is, where the configuration says so: `anthropic`, … */
  readonly family?: string | undefined
  readonly stream: boolean
  readonly apiVersion?: string | undefined
  readonly region?: string | undefined
  /** The account a call is made for, where that is part of the address: Google's project. */
  readonly project?: string | undefined
}

/** How a provider is spoken to. */
export interface SpokenWire {
  readonly chat: ProviderChat
  readonly path: string
  readonly count: Counting | undefined
  readonly auth: Auth
  readonly headers: Readonly<Record<string, string>>
  readonly keepsState: boolean
  readonly isOptional: boolean
}

const noHeaders: Readonly<Record<string, string>> = {}

/** The wire for a target, one that not every server has if `withOptional` says so. Undefined: the provider has no chat. */
export function wireOf(provider: Provider, target: PathTarget, withOptional = true): SpokenWire | undefined {
  const wire = provider.wires?.find(({ isOptional, serves }) => (withOptional || !isOptional) && serves(target))
  const chat = wire?.chat ?? provider.chat
  if (chat === undefined) return undefined
  const place = wire?.path ?? provider.paths.chat
  return {
    chat,
    path: pathOf(place, target),
    count: wire === undefined ? provider.count : wire.count,
    auth: wire?.auth ?? provider.auth,
    headers: wire?.headers ?? provider.headers ?? noHeaders,
    keepsState: wire?.keepsState ?? false,
    isOptional: wire?.isOptional ?? false,
  }
}

/** Where a target's price would stand, were it known. */
export function listingOf({ prices }: Provider, target: PathTarget): PriceListing | undefined {
  return typeof prices === 'string' ? { list: prices, model: target.model } : prices?.(target)
}

export function pathOf(place: string | ((target: PathTarget) => string), target: PathTarget): string {
  return typeof place === 'string' ? place : place(target)
}

/** The paths of everybody who follows OpenAI to the letter. */
export const openaiPaths: Paths = { chat: '/v1/chat/completions', models: '/v1/models' }

/** Base URL + path. What both have is written once: people write base URLs with and without the version, as they find them. */
export function joinUrl(baseUrl: string, path: string): string {
  const base = baseUrl.endsWith('/') ? baseUrl.slice(0, -1) : baseUrl
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    if (base.endsWith(path.slice(0, slash))) return base + path.slice(slash)
  }
  return base + path
}
