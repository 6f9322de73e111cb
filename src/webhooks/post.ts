/**
 * Sends one message to an address that others may have named: to public addresses alone unless told otherwise, on a connection of its own, following
 * nobody. Names are resolved once, and what was found is what is connected to: a name that means something else a moment later changes nothing.
 */
import { lookup as systemLookup } from 'node:dns/promises'
import { type IncomingMessage, request as requestPlain, type RequestOptions } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { LookupFunction } from 'node:net'
import { retryAfter } from '../core/retry.ts'
import type { AttemptOutcome } from '../core/webhooks.ts'
import { isPublicAddress, refusedAddress } from './public-address.ts'

export interface PostRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Addresses that are not public will do as well. */
  readonly allowPrivate: boolean
  readonly signal: AbortSignal
}

/** Never rejects: that nobody answered is an outcome. Of an answer only its status and when to come again are looked at. */
export type Post = (request: PostRequest) => Promise<AttemptOutcome>

export interface Address {
  readonly address: string
  readonly family: number
}

export interface PostWorld {
  /** Unix milliseconds. */
  wallClock(): number
  /** Every address of a name. */
  resolve(hostname: string): Promise<readonly Address[]>
}

/** Milliseconds for the whole of it, and for the connection. Standard Webhooks recommends 15 to 30 s. */
export const attemptTime = 20_000
const connectTime = 10_000

/** Bytes of an answer that are read, so that its connection can end in peace. */
const longestAnswer = 64 * 1024

export const resolveBySystem: PostWorld['resolve'] = (hostname) => systemLookup(hostname, { all: true })

export function createPost(world: PostWorld): Post {
  return async (request) => {
    try {
      return await send(request, world)
    } catch (error) {
      return { kind: 'none', reason: reasonOf(error) }
    }
  }
}

function send({ url: text, headers, body, allowPrivate, signal }: PostRequest, world: PostWorld) {
  const url = new URL(text)
  const refused = allowPrivate ? undefined : refusedAddress(url)
  if (refused !== undefined) throw new Unfit(refused)
  const ending = AbortSignal.any([signal, AbortSignal.timeout(attemptTime)])
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': body.length, connection: 'close' },
    // A connection that is kept would be one whose address nobody looks at again.
    agent: false,
    lookup: lookupFor(allowPrivate, world),
    signal: ending,
  }
  return new Promise<AttemptOutcome>((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestSecure : requestPlain)(url, options)
    const timer = setTimeout(() => request.destroy(new Unfit('no connection in time')), connectTime)
    request.on('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(timer))
    })
    request.on('error', reject)
    request.on('close', () => {
      clearTimeout(timer)
      // Where an answer or an error came, this says nothing new.
      reject(new Unfit('connection closed without an answer'))
    })
    request.on('response', (response) => {
      drain(response)
      const asked = retryAfter(singleHeaders(response), world.wallClock())
      resolve({ kind: 'answer', status: response.statusCode ?? 0, retryAfter: asked })
    })
    request.end(body)
  })
}

/** What Node's sockets ask when they are to connect to a name. */
function lookupFor(allowPrivate: boolean, world: PostWorld): LookupFunction {
  return (hostname, { all }, callback) => {
    world.resolve(hostname).then(
      (found) => {
        const fit = allowPrivate ? found : found.filter(({ address }) => isPublicAddress(address))
        const [first] = fit
        if (first === undefined) return callback(new Unfit(`${hostname} has no public address`), '')
        if (all) callback(null, [...fit])
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    )
  }
}

/** The answer is known; what comes after its head is nobody's concern. */
function drain(response: IncomingMessage): void {
  let left = longestAnswer
  response.on('error', () => {})
  response.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) response.destroy()
  })
}

function singleHeaders({ headers }: IncomingMessage): Record<string, string> {
  const after = headers['retry-after']
  return after === undefined ? {} : { 'retry-after': after }
}

/** Why it was not even tried, in words that may be told. */
class Unfit extends Error {}

/** Codes that say enough; the messages that come with them name addresses of the network that the gateway is in. */
const reasons: Readonly<Record<string, string>> = {
  ABORT_ERR: 'no answer in time',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name could not be resolved',
  ETIMEDOUT: 'no connection in time',
  EPIPE: 'connection reset',
}

function reasonOf(error: unknown): string {
  if (error instanceof Unfit) return error.message
  const { code = '', errors } = error as { code?: string; errors?: readonly unknown[] }
  // Where a name has several addresses, there is an error for each.
  if (errors !== undefined && errors.length > 0) return reasonOf(errors[0])
  if (reasons[code] !== undefined) return reasons[code]
  if (code.startsWith('HPE_')) return 'the answer is no HTTP'
  if (/CERT|TLS|SSL|SELF_SIGNED|VERIFY|ISSUER/.test(code)) return `no trustworthy TLS: ${code}`
  return /^[A-Z_\d]+$/.test(code) ? `failed: ${code}` : 'failed'
}
