/** Webhooks: who may be told of the end of a job, by which address, and what is done after each attempt. Values that can be printed. */

import { readJson } from './parse-json.ts'
import { backoff } from './retry.ts'
import type { Secret } from './secret.ts'

/** What can be told. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#event-types */
export const webhookEvents = ['job.completed', 'job.failed', 'job.cancelled'] as const
export type WebhookEvent = (typeof webhookEvents)[number]

/** Somebody who may be told, as configured. */
export interface WebhookEndpoint {
  readonly name: string
  readonly enabled: boolean
  readonly destination: Destination
  /** `whsec_…`; every one signs, so that one can be replaced while both are known. Never empty. */
  readonly secrets: readonly Secret[]
  readonly events: ReadonlySet<WebhookEvent>
  /** What came of the job goes along, not just that it ended. */
  readonly includeResult: boolean
  /** Its address may be one of this machine or of a network that is not public. */
  readonly allowPrivate: boolean
}

/** One address that requests ask for by the name of the endpoint, or hosts of which a request may name an address. */
export type Destination =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'hosts'; readonly hosts: readonly HostPattern[] }

/** `https://hooks.example.com`, or with `*.` before the host for all below it; `https://*` is every host. */
export interface HostPattern {
  readonly scheme: 'https:' | 'http:'
  /** Lower case; what follows `*.` where `below`. Empty: every host. */
  readonly host: string
  readonly below: boolean
  /** Empty: the usual one. */
  readonly port: string
}

/** Without a scheme, `https`. Undefined: no pattern. */
export function readHostPattern(text: string): HostPattern | undefined {
  const parts = /^(?:(https?):\/\/)?(\*\.|\*(?=$|:))?([a-z\d.-]*|\[[a-f\d:.]+\])(?::(\d{1,5}))?$/i.exec(text)
  if (parts === null) return undefined
  const [, scheme = 'https', star, written = '', port = ''] = parts
  if ((written === '') !== (star === '*')) return undefined
  // As addresses are written: in lower case, and without the usual port.
  const url = URL.parse(`${scheme.toLowerCase()}://${written === '' ? 'any' : written}${port === '' ? '' : `:${port}`}`)
  if (url === null) return undefined
  const host = written === '' ? '' : url.hostname
  return { scheme: url.protocol as HostPattern['scheme'], host, below: star !== undefined, port: url.port }
}

/** As `readHostPattern` reads it. */
export function hostPatternText({ scheme, host, below, port }: HostPattern): string {
  return `${scheme}//${host === '' ? '*' : `${below ? '*.' : ''}${host}`}${port === '' ? '' : `:${port}`}`
}

function matches({ scheme, host, below, port }: HostPattern, url: URL): boolean {
  if (url.protocol !== scheme || url.port !== port) return false
  if (host === '') return true
  return below ? url.hostname.endsWith(`.${host}`) : url.hostname === host
}

/** Who is to be told, as a request said it: kept with its job. */
export type WebhookTarget =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'url'; readonly url: string }

export function writeTarget(target: WebhookTarget): string {
  return JSON.stringify(target)
}

/** What `writeTarget` wrote; undefined for what a version wrote that this one does not know. */
export function readTarget(text: string): WebhookTarget | undefined {
  try {
    const { kind, name, url } = readJson(text) as { kind?: unknown; name?: unknown; url?: unknown }
    if (kind === 'name' && typeof name === 'string') return { kind, name }
    return kind === 'url' && typeof url === 'string' && URL.canParse(url) ? { kind, url } : undefined
  } catch {
    return undefined
  }
}

/** For lists and logs: the name, or the address without what may be a secret in it. */
export function targetLabel(target: WebhookTarget): string {
  return target.kind === 'name' ? target.name : new URL(target.url).origin
}

/** An endpoint and the address at which it is told. */
export interface Receiver {
  readonly endpoint: WebhookEndpoint
  readonly url: string
}

/** By the settings that hold now, switched off or not. Undefined: nobody. */
export function findReceiver(target: WebhookTarget, endpoints: readonly WebhookEndpoint[]): Receiver | undefined {
  return target.kind === 'name' ? receiverByName(target.name, endpoints) : receiverByUrl(target.url, endpoints)
}

function receiverByName(name: string, endpoints: readonly WebhookEndpoint[]): Receiver | undefined {
  const endpoint = endpoints.find((candidate) => candidate.name === name)
  if (endpoint?.destination.kind !== 'url') return undefined
  return { endpoint, url: endpoint.destination.url }
}

/** What is switched off counts only where nothing else has the host. */
function receiverByUrl(text: string, endpoints: readonly WebhookEndpoint[]): Receiver | undefined {
  const url = URL.parse(text)
  if (url === null) return undefined
  const fitting = endpoints.filter(
    ({ destination }) => destination.kind === 'hosts' && destination.hosts.some((pattern) => matches(pattern, url)),
  )
  const endpoint = fitting.find(({ enabled }) => enabled) ?? fitting[0]
  return endpoint === undefined ? undefined : { endpoint, url: text }
}

/** How one attempt came out. */
export type AttemptOutcome =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter: number | undefined }
  /** Nobody answered, or nobody could be asked. */
  | { readonly kind: 'none'; readonly reason: string }

export type AfterDelivery =
  | { readonly do: 'delivered' }
  /** Unix milliseconds. */
  | { readonly do: 'again'; readonly at: number }
  | { readonly do: 'give-up' }

/** Milliseconds for which a delivery is tried. */
export const deliveryTime = 86_400_000

/** From five seconds to half an hour: a receiver that comes back does not wait longer than that. */
const pauses = { maxRetries: 0, backoffInitial: 5000, backoffMax: 1_800_000 }

/** This attempt, from 1; times in Unix milliseconds, `random` from 0 to 1. */
export interface DeliveryState {
  readonly attempt: number
  readonly now: number
  readonly giveUpAt: number
}

export function afterDelivery(outcome: AttemptOutcome, state: DeliveryState, random: number): AfterDelivery {
  if (outcome.kind === 'answer' && outcome.status >= 200 && outcome.status < 300) return { do: 'delivered' }
  // 410: the receiver wants to hear no more of this.
  if (outcome.kind === 'answer' && outcome.status === 410) return { do: 'give-up' }
  const { attempt, now, giveUpAt } = state
  if (now >= giveUpAt) return { do: 'give-up' }
  const asked = outcome.kind === 'answer' ? (outcome.retryAfter ?? 0) : 0
  const wait = Math.max(backoff(attempt - 1, pauses, random), asked)
  // The last attempt is made when the time is up, however late the next one would have been.
  return { do: 'again', at: Math.min(Math.ceil(now + wait), giveUpAt) }
}
