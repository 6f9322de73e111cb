/** What a provider is: data. Code is in its dialect; a quirk is an argument to it. */
import type { ProviderChat } from './dialect.ts'

export interface Provider {
  /** The identifier clients write in front of the slash, and `extra_fields.provider`. */
  readonly id: string
  readonly name: string
  /** The provider's own API reference. */
  readonly docs: string
  /** Without version and path, as `network_config.base_url` gives it. Absent: the configuration must say. */
  readonly baseUrl?: string
  readonly auth: Auth
  readonly paths: Paths
  /** Headers every request to this provider carries, lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly chat?: ProviderChat
  /** Names of environment variables that configure the provider when no file does, first found wins. */
  readonly environment?: {
    readonly key?: readonly string[]
    readonly baseUrl?: readonly string[]
    readonly apiVersion?: readonly string[]
    /** Makes a URL of what people write into the variable of `baseUrl`. Throws where it is none. Default: a URL, or a host. */
    readonly readBaseUrl?: (text: string) => string
  }
  /** Beginnings of model names that are this provider's own, for model names that come without a provider. */
  readonly families?: readonly string[]
}

/** How a request proves who pays. `azure`: an API key in `api-key`, or an Entra token as bearer, whichever the key holds. */
export type Auth =
  | { readonly scheme: 'none' | 'bearer' | 'azure' }
  | { readonly scheme: 'header'; readonly name: string }

/** Paths behind the base URL; a function where the model or the API version is part of it. */
export interface Paths {
  readonly chat: string | ((target: PathTarget) => string)
  /** Where the provider lists its models; absent: it has no list. */
  readonly models?: string | ((target: PathTarget) => string)
}

export interface PathTarget {
  /** The model as the provider calls it: a deployment, where there are deployments. */
  readonly model: string
  readonly apiVersion?: string | undefined
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
