/** Responses that are made in the background, over HTTP: accepted, followed, cancelled. https://platform.openai.com/docs/guides/background */
import type { ServerResponse } from 'node:http'
import { bytesOfText } from '../../core/bytes.ts'
import { GatewayError, invalidRequest } from '../../core/errors.ts'
import { shortened } from '../../core/shortened.ts'
import type { Caller } from '../../engine/authenticate.ts'
import type { Call } from '../../engine/call.ts'
import type { JobDesk } from '../../jobs/desk.ts'
import type { Background } from '../../responses/background.ts'
import type { ResponseDesk } from '../../responses/desk.ts'
import type { Followers } from '../../responses/followers.ts'
import { departureOf } from '../departure.ts'
import { writeStream, writeText } from '../write.ts'

/** What background responses stand on. */
export interface BackgroundWorld {
  readonly background: Background
  readonly followers: Followers
  readonly responses: ResponseDesk
  readonly desk: JobDesk
}

/** Answers at once with what is queued, or follows it where a stream was asked for. */
export async function serveBackground(
  call: Call,
  response: ServerResponse,
  headers: readonly string[],
  world: BackgroundWorld,
): Promise<void> {
  const { id, text } = await world.background.submit(call, world.desk)
  if (response.destroyed) return
  if (call.head.stream) return follow({ id, caller: call.caller, after: -1 }, response, headers, call.snapshot, world)
  writeText(response, 200, [...headers, 'content-type', 'application/json'], bytesOfText(text))
}

interface Following {
  readonly id: string
  readonly caller: Caller
  /** The number of the last event that the client knows; -1 for none. */
  readonly after: number
}

/** What the client does not know yet, and then what is added. */
export async function follow(
  { id, caller, after }: Following,
  response: ServerResponse,
  headers: readonly string[],
  { client }: Pick<Call['snapshot'], 'client'>,
  { followers }: Pick<BackgroundWorld, 'followers'>,
): Promise<void> {
  const signal = departureOf(response)
  const follower = followers.follow(id, caller, after, signal)
  const streaming = [...headers, 'content-type', 'text/event-stream', 'cache-control', 'no-cache']
  await writeStream(response, streaming, follower, client.streamKeepAlive)
}

/** Throws `invalid-request` where such a response cannot be followed, or not from there on. */
export async function checkFollowing(
  id: string,
  query: URLSearchParams,
  caller: Caller,
  { background, responses }: Pick<BackgroundWorld, 'background' | 'responses'>,
): Promise<Following> {
  const record = await responses.get(id, caller)
  if (!record.streamed) {
    const message = `Response '${shortened(id)}' cannot be streamed: only what is made in the background keeps its events. Leave out 'stream'.`
    throw new GatewayError('invalid-request', message, { param: 'stream', code: 'response_not_streamed' })
  }
  const text = query.get('starting_after')
  if (text === null) return { id, caller, after: -1 }
  const after = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  const last = after > 0 ? await background.events(id, caller, after - 1) : undefined
  if (Number.isNaN(after) || (last !== undefined && last.frames.length === 0)) {
    const found = shortened(text)
    const message = `Invalid query parameter starting_after: found '${found}', expected the sequence_number of an event that was received.`
    throw invalidRequest(message, 'starting_after')
  }
  return { id, caller, after }
}

/** `true` and `1` ask for a stream. */
export function wantsStream(query: URLSearchParams): boolean {
  const wanted = query.get('stream')
  if (wanted === null || wanted === 'false' || wanted === '0') return false
  if (wanted === 'true' || wanted === '1') return true
  throw invalidRequest(
    `Invalid query parameter stream: found '${shortened(wanted)}', expected true or false.`,
    'stream',
  )
}
