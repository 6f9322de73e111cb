/** The settings a request came in with; a snapshot never changes under it. Built by `config/`. */
import type { PriceOverride } from './pricing.ts'
import type { Provider } from './provider.ts'
import type { Secret } from './secret.ts'
import type { WebhookEndpoint } from './webhooks.ts'

export interface Snapshot {
  readonly client: ClientSettings
  /** Null: no admin credentials are configured, or they are switched off. */
  readonly admin: AdminCredentials | null
  readonly providers: ReadonlyMap<string, ConfiguredProvider>
  /** By SHA-256 of the value, in hex. */
  readonly virtualKeys: ReadonlyMap<string, VirtualKey>
  /** In order of precedence. */
  readonly priceOverrides: readonly PriceOverride[]
  readonly jobs: JobSettings
  readonly responses: ResponseSettings
  /** Who may be told of the end of jobs. */
  readonly webhooks: readonly WebhookEndpoint[]
}

/** How long things are kept that clients may come back for. Milliseconds. */
export interface ResponseSettings {
  /** Responses from their end, and conversations from their last change. */
  readonly retention: number
}

/** How calls that are answered later are taken on and made. Times in milliseconds; `Infinity`: no limit. */
export interface JobSettings {
  /** How long a result is kept, from the end of its job. */
  readonly resultTtl: number
  /** Calls at a time: of this gateway, of all gateways to one provider, of all for one virtual key. */
  readonly concurrency: number
  readonly concurrencyPerProvider: number
  readonly concurrencyPerKey: number
  /** Jobs that may be waiting: all, and of one virtual key. */
  readonly queueLimit: number
  readonly queueLimitPerKey: number
  /** How often a job may be begun. */
  readonly maxAttempts: number
  readonly backoffInitial: number
  readonly backoffMax: number
  /** So long after the last sign of life of the gateway that has it, a job may be begun by another. */
  readonly lease: number
  /** How long a client may wait for a job with one request. */
  readonly longestWait: number
}

export interface ClientSettings {
  /** Every inference call needs a virtual key. */
  readonly enforceVirtualKey: boolean
  readonly allowDirectKeys: boolean
  /** Origins, possibly with `*` in them. */
  readonly allowedOrigins: readonly string[]
  readonly allowedHeaders: readonly string[]
  readonly maxBodyBytes: number
  /** Milliseconds of silence before a comment is written to a stream; 0: never. */
  readonly streamKeepAlive: number
  /** Lower-case names; the pattern is null where presence is enough. */
  readonly requiredHeaders: readonly { name: string; pattern: RegExp | null }[]
  /** For `x-bf-eh-*` headers, lower-case names. An empty allow-list allows all. */
  readonly headerFilter: { readonly allow: readonly string[]; readonly deny: readonly string[] }
  /** Raw bodies may be asked for by header. */
  readonly allowRawOverride: boolean
}

export interface AdminCredentials {
  /** SHA-256, 32 bytes each. */
  readonly usernameHash: Uint8Array
  readonly passwordHash: Uint8Array
  /** Inference needs them as well. */
  readonly onInference: boolean
}

export interface ConfiguredProvider {
  readonly provider: Provider
  /** The name it is configured under: `provider.id`, or a custom provider's own. */
  readonly id: string
  readonly baseUrl: string | undefined
  /** Empty and `keyless`: calls go out without a credential. */
  readonly keys: readonly ProviderKey[]
  readonly keyless: boolean
  readonly network: NetworkSettings
  /** Null: everything the provider has. Else the operations that are allowed, `chat_completion` and so on. */
  readonly allowedRequests: ReadonlySet<string> | null
  readonly sendBackRawRequest: boolean
  readonly sendBackRawResponse: boolean
}

export interface ProviderKey {
  readonly id: string
  readonly name: string
  readonly credential: Credential
  readonly weight: number
  readonly enabled: boolean
  readonly models: ModelList
  /** Lower-case model names. */
  readonly blacklist: ReadonlySet<string>
  /** Lower-case model name → what is sent instead. */
  readonly aliases: ReadonlyMap<string, Alias>
  /** Only models with an alias are served (deployments, as the first version of the file format has them). */
  readonly aliasesOnly: boolean
  /** The key's own endpoint, before the provider's. */
  readonly baseUrl: string | undefined
  readonly apiVersion: string | undefined
  /** Where the provider has regions, and accounts in its addresses. */
  readonly region?: string | undefined
  readonly project?: string | undefined
}

export interface Alias {
  readonly model: string
  /** What price lists call it. */
  readonly listedAs?: string
  /** Of which family the model is: `anthropic`, … */
  readonly family?: string
  readonly region?: string
  readonly apiVersion?: string
  readonly baseUrl?: string
}

/** Which models a key or a virtual key serves. Names compare without regard to case. */
export type ModelList = 'all' | ReadonlySet<string>

export function listAllows(list: ModelList, model: string): boolean {
  return list === 'all' || list.has(model.toLowerCase())
}

export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'secret'; readonly secret: Secret }
  | {
      readonly kind: 'entra-client'
      readonly tenantId: string
      readonly clientId: string
      readonly clientSecret: Secret
      readonly scope: string
    }
  /** What the machine is: a managed identity, or a workload identity where its environment variables are set. */
  | { readonly kind: 'entra-machine'; readonly clientId: string | undefined; readonly scope: string }
  /** The account of Google's that a JSON text describes, or a file with such a text. */
  | { readonly kind: 'google-credentials'; readonly json: Secret }
  | { readonly kind: 'google-file'; readonly path: string }
  /** What the machine is to Google: Application Default Credentials. */
  | { readonly kind: 'google-default' }
  | {
      readonly kind: 'aws-keys'
      readonly accessKey: string
      readonly secretKey: Secret
      readonly sessionToken: Secret | undefined
      readonly region: string | undefined
      readonly role: AwsRole | undefined
    }
  /** What AWS's own tools would find: variables, shared files, single sign-on, the role of the container or the machine. */
  | { readonly kind: 'aws-default'; readonly region: string | undefined; readonly role: AwsRole | undefined }

/** A role that is taken on with other credentials. */
export interface AwsRole {
  readonly arn: string
  readonly externalId: string | undefined
  readonly sessionName: string | undefined
}

/** All times in milliseconds. */
export interface NetworkSettings {
  readonly extraHeaders: Readonly<Record<string, string>>
  /** The whole of a unary call. */
  readonly totalTimeout: number
  readonly connectTimeout: number
  /** Until the response headers. */
  readonly firstByteTimeout: number
  /** Of a stream, until the first content event; 0: only silence counts. */
  readonly firstContentTimeout: number
  /** Of a stream, between two reads. */
  readonly idleTimeout: number
  readonly maxRetries: number
  readonly backoffInitial: number
  readonly backoffMax: number
  readonly maxConnections: number
  readonly keepAliveTimeout: number
  readonly insecureSkipVerify: boolean
  readonly caCertificate: string | undefined
  /** `http://user:password@host:port`; undefined: none. */
  readonly proxy: Secret | undefined
}

export interface VirtualKey {
  readonly id: string
  readonly name: string
  readonly active: boolean
  /** Unix milliseconds; undefined: never. */
  readonly expiresAt: number | undefined
  /** Null: every provider and model (files of version 1 without provider configs). */
  readonly providers: readonly VirtualKeyProvider[] | null
}

export interface VirtualKeyProvider {
  readonly provider: string
  /** Null: reachable by prefix, not part of the lottery. */
  readonly weight: number | null
  readonly models: ModelList
  readonly blacklist: ReadonlySet<string>
  /** Ids or names of the provider's keys that may be used; null: all. */
  readonly keys: ReadonlySet<string> | null
}
