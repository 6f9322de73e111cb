/** Jobs that are calls of a chat, in whichever wire format their client speaks: they take the same walk as the calls of clients that wait. */
import { textOfBytes } from '../../core/bytes.ts'
import type { ClientChat } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import { readJson } from '../../core/parse-json.ts'
import type { Call } from '../../engine/call.ts'
import { handle, type Reply } from '../../engine/handle.ts'
import type { World } from '../../engine/world.ts'
import { type Done, failed, type JobKind, type Work } from '../kind.ts'
import { restoreCall, storeCall } from '../stored-call.ts'

/** Calls of one wire format, as jobs are made of them and shown. */
export interface CallForm extends Pick<JobKind, 'name'> {
  readonly client: ClientChat
  /** What the wire calls such a call: `chat_completion`, … */
  readonly requestType: string
  /** The input of a job that makes this call. `hidden`: it will be encrypted. Throws `invalid-request` for what may not be kept. */
  store(call: Call, hidden: boolean): string
}

export function chatForm(name: string, client: ClientChat): CallForm {
  return { name, client, requestType: client.requestType, store: storeCall }
}

/** A kind of jobs that are calls, and can be made of one. */
export type CallKind = CallForm & JobKind

export function chatKind(name: string, client: ClientChat): CallKind {
  return { ...chatForm(name, client), run: (work) => answerCall(callOf(work, client), work.world) }
}

/** The call that the job is to make. Throws what its client would be told if it called now. */
export function callOf({ job, input, snapshot, signal, world }: Work, client: ClientChat): Call {
  const { clock } = world
  const occasion = { id: job.requestId, snapshot, signal, arrived: clock.now(), wallClock: clock.wallClock() }
  return restoreCall(input, client, occasion)
}

/** Makes it, and waits for all of the reply. */
export async function answerCall(call: Call, world: World): Promise<Done> {
  const reply = await handle(call, world)
  try {
    if (reply.body.kind === 'stream') throw new GatewayError('internal', 'A job has been answered by a stream.')
    return doneOf(reply, textOfBytes(reply.body.text))
  } finally {
    reply.close()
  }
}

function doneOf({ status, headers, error, exchange }: Reply, body: string): Done {
  const record = exchange.record({ status, error })
  const usage = record.attempts.length === 0 ? null : JSON.stringify(record)
  const fault = error === undefined ? jsonFault(body) : undefined
  if (fault !== undefined) return { ...failed(fault), usage }
  return { reply: { kind: 'reply', status, headers: ours(headers), body }, error, usage }
}

/** Nobody is there to be told what the provider wrote around its answer. */
function ours(headers: readonly string[]): string[] {
  return headers.filter((_, index) => /^x-(?:bifrost|asbru)-/.test(headers[index - (index % 2)] ?? ''))
}

/** The provider's own text has gone through without being read as a whole; what is kept becomes part of other JSON. */
function jsonFault(body: string): GatewayError | undefined {
  try {
    readJson(body)
    return undefined
  } catch (error) {
    const message = 'failed to unmarshal response from provider API'
    return new GatewayError('upstream-unreadable', message, {
      code: 'invalid_response',
      inner: (error as Error).message,
    })
  }
}
