/**
 * Responses that are made in the background: accepted for good, made by the runner of jobs, followed by whoever may, and ended at their client's wish.
 * https://platform.openai.com/docs/guides/background
 */
import { textOfBytes } from '../core/bytes.ts'
import type { ClientChat } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import type { ExtraFields } from '../core/extra-fields.ts'
import { afterAttempt } from '../core/jobs.ts'
import type { JsonObject } from '../core/json.ts'
import { parseJson } from '../core/parse-json.ts'
import type { Caller } from '../engine/authenticate.ts'
import { type Call, type ReplySource, requestType } from '../engine/call.ts'
import { handle, type Reply } from '../engine/handle.ts'
import type { World } from '../engine/world.ts'
import type { JobDesk } from '../jobs/desk.ts'
import { type Done, failed, type JobKind, type Work } from '../jobs/kind.ts'
import { type CallForm, callOf, chatForm } from '../jobs/kinds/chat.ts'
import type { Cipher } from '../ports/cipher.ts'
import type { JobStore } from '../ports/job-store.ts'
import type { ResponseEnd, ResponseRecord, ResponseStore } from '../ports/response-store.ts'
import { frameWithCreatedAt, withCreatedAt } from './created-at.ts'
import { contextOf, ownerOf, type ResponseDesk } from './desk.ts'
import { cancelledObject, failedStream, firstFrame, lastFrame } from './ended.ts'
import { EventLog, lost, openFrame, sealFrame } from './event-log.ts'
import { framesIn } from './frames.ts'
import { sealItem, writerOf } from './kept-item.ts'
import { namedIn } from './named.ts'
import { withReferences } from './references.ts'
import { Rerun } from './rerun.ts'
import { inputRows, keepsIdsOf, readTold } from './rows.ts'
import { inputItems, withMembers } from './written-out.ts'

export interface BackgroundOptions {
  readonly world: World
  readonly store: ResponseStore
  readonly jobs: JobStore
  readonly cipher: Cipher
  readonly responses: ResponseDesk
  readonly client: ClientChat
  /** A UUID of version 4. */
  newId(): string
  newSecret(): string
}

/** The name of its jobs. */
const kindName = 'background'

/** Every method rejects with `GatewayError`. */
export class Background {
  readonly kind: JobKind
  readonly #options: BackgroundOptions
  readonly #form: CallForm

  constructor(options: BackgroundOptions) {
    this.#options = options
    this.#form = chatForm(kindName, options.client)
    this.kind = { name: kindName, run: (work) => this.#run(work) }
  }

  /** It will be made, whatever becomes of this gateway, once it resolves. Gives the object as its client is told it. */
  async submit(call: Call, desk: JobDesk): Promise<{ readonly id: string; readonly text: string }> {
    const { store, cipher, responses, world, newId, newSecret } = this.#options
    // What it names may be gone when it is made; what is not there now is told now.
    const prepared = await responses.prepare(call)
    const { asked, caller } = prepared
    const id = asked.replyId as string
    const jobId = newId()
    const owner = ownerOf(caller)
    const now = world.clock.wallClock()
    const expiresAt = now + call.snapshot.responses.retention
    const named = namedIn(asked.request.body)
    const reader = { store, cipher, owner, now, keepUntil: expiresAt }
    const input = await withReferences(inputItems(asked.request), named.references, reader)
    const rows = inputRows(input, keepsIdsOf(owner), newSecret)
    const text = this.#standing(prepared, 'pending', now)
    await store.begin({
      id,
      owner,
      createdAt: now,
      expiresAt,
      previousId: named.previousId ?? null,
      conversationId: named.conversationId ?? null,
      jobId,
      streamed: true,
      input: await Promise.all(rows.map((row) => sealItem(row, cipher))),
      response: await cipher.seal(text, contextOf(id)),
    })
    try {
      await desk.submit(this.#form, prepared, {
        id: jobId,
        resultTtl: undefined,
        runAt: undefined,
        priority: 0,
        webhook: null,
      })
    } catch (error) {
      await store.delete(id, owner, now)
      throw error
    }
    return { id, text }
  }

  /** The object of one that has ended, or has been ended by this. Throws `not-found`, or `invalid-request` where it is not made in the background. */
  async cancel(id: string, caller: Caller, desk: JobDesk): Promise<string> {
    const record = await this.#options.responses.get(id, caller)
    if (record.jobId === null) throw notInBackground(id)
    if (isEnded(record)) return record.text
    await this.#end(record, cancelledObject(parseJson(record.text) as JsonObject))
    // Who makes it hears of it; should that fail, what comes of it is refused.
    await desk.cancel(record.jobId, kindName, caller)
    return (await this.#options.responses.get(id, caller)).text
  }

  /** Ends one that is still being made, so that it can be removed. */
  async giveUp(id: string, caller: Caller, desk: JobDesk): Promise<void> {
    const record = await this.#options.responses.get(id, caller)
    if (record.jobId !== null && !isEnded(record)) await this.cancel(id, caller, desk)
  }

  /** Ends it where nobody makes it any more: its job was begun as often as it may be, or is not there. True: it has ended now. */
  async look(record: ResponseRecord & { readonly text: string }): Promise<boolean> {
    if (record.jobId === null || isEnded(record)) return false
    const { jobs, world } = this.#options
    const now = world.clock.wallClock()
    const job = await jobs.get(record.jobId, now)
    if (job !== undefined && (job.state === 'pending' || job.state === 'processing')) return false
    // A response is begun before its job is added.
    if (job === undefined && now - record.createdAt < beginning) return false
    const object = parseJson(record.text) as JsonObject
    if (job?.state === 'cancelled') {
      await this.#end(record, cancelledObject(object))
      return true
    }
    const error = { code: 'server_error', message: 'The response was begun as often as it may be, and came to no end.' }
    await this.#end(record, { ...object, status: 'failed', error })
    return true
  }

  /** Whoever makes it can write no more. */
  async #end(record: ResponseRecord, object: JsonObject): Promise<void> {
    const { store, cipher, newSecret } = this.#options
    const { id, owner } = record
    const writer = newSecret()
    const text = JSON.stringify(object)
    const sealed = await cipher.seal(text, contextOf(id))
    const count = await store.start(id, writer, record.response)
    if (count === undefined) return
    const frames = [...(count === 0 ? [firstFrame(object)] : []), lastFrame(object, count === 0 ? 1 : count)]
    const events = await Promise.all(
      frames.map(async (frame, index) => ({
        number: count + index,
        text: await sealFrame(frame, id, count + index, cipher),
      })),
    )
    const status = object['status'] === 'failed' ? 'failed' : 'cancelled'
    const nobody = { provider: null, keyId: null, upstreamId: null, output: [] }
    const end = {
      ...nobody,
      status,
      response: sealed,
      expiresAt: record.expiresAt,
      conversationExpiresAt: record.expiresAt,
    } as const
    await store.finish({ id, owner, writer, end, events })
  }

  /** Frames after a number, as far as there are any now. Undefined: there is no such response. */
  async events(id: string, caller: Caller, after: number): Promise<{ frames: string[]; isLast: boolean } | undefined> {
    const { store, cipher, world } = this.#options
    const page = await store.events(id, ownerOf(caller), world.clock.wallClock(), after, pageLength)
    if (page === undefined) return undefined
    return { frames: await Promise.all(page.events.map((event) => openFrame(event, id, cipher))), isLast: page.isLast }
  }

  async #run(work: Work): Promise<Done> {
    const { store, cipher, client, world } = this.#options
    const call = streaming(callOf(work, client))
    const id = call.asked.replyId as string
    const record = await store.get(id, ownerOf(call.caller), world.clock.wallClock())
    if (record === undefined || isEnded(record)) return over
    const writer = work.job.token
    const text = this.#standing(call, 'processing', record.createdAt)
    const count = await store.start(id, writer, await cipher.seal(text, contextOf(id)))
    if (count === undefined) return over
    const rerun = new Rerun(await this.#shown(id, call.caller, count))
    const making: Making = { work, call, record, rerun, log: new EventLog({ store, cipher, id, writer }, count) }
    try {
      return await this.#make(making)
    } catch (error) {
      // Its client has ended it, or another gateway has taken over: what comes of it is nobody's any more.
      if (error instanceof GatewayError && error.details.code === 'response_lost') return over
      throw error
    }
  }

  async #make(making: Making): Promise<Done> {
    const { call, work } = making
    let prepared: Call
    try {
      prepared = await this.#options.responses.prepare(call)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return this.#failed(making, error, undefined)
    }
    const kept: Kept = { whole: undefined, source: undefined }
    const keep = async (whole: string, source: ReplySource) => {
      kept.whole = textOfBytes(whole)
      kept.source = source
      return whole
    }
    const reply = await handle({ ...prepared, keep }, work.world)
    try {
      if (reply.body.kind === 'text') return await this.#failed(making, errorOf(reply), reply)
      return await this.#follow(making, reply, kept)
    } finally {
      reply.close()
    }
  }

  async #follow(making: Making, reply: Reply, kept: Kept): Promise<Done> {
    const { work, log, rerun } = making
    const created = Math.floor(making.record.createdAt / 1000)
    if (reply.body.kind === 'text') return over
    for (;;) {
      const bytes = await reply.body.stream.next()
      if (work.signal.aborted) return failed(gone())
      if (bytes === null) throw new GatewayError('internal', 'A stream has ended without its last event.')
      const frames = framesIn(textOfBytes(bytes)).flatMap((frame) => rerun.push(frameWithCreatedAt(frame, created)))
      if (kept.whole === undefined) await log.add(frames)
      else {
        await this.#finish(making, frames, rerun.whole(withCreatedAt(kept.whole, created)), kept.source)
        // What was used is known when the stream has been read to its end.
        await reply.body.stream.next()
        return { ...over, usage: usageOf(reply) }
      }
    }
  }

  /** No stream began: it is tried again where that may help and nobody has been shown anything, else this is the end of it. */
  async #failed(making: Making, error: GatewayError, reply: Reply | undefined): Promise<Done> {
    const { work, call, rerun } = making
    const { job, snapshot, signal, world } = work
    const usage = reply === undefined ? null : usageOf(reply)
    const done = { ...failed(error), usage }
    if (signal.aborted) return done
    const { attempt, maxAttempts } = job
    const next = afterAttempt({ error, interrupted: undefined, attempt, maxAttempts }, snapshot.jobs, world.random())
    if (next.do === 'postpone') return done
    const extra: ExtraFields = {
      requestType: requestType(call),
      modelRequested: call.head.model,
      latency: 0,
      chunkIndex: 0,
      requestId: call.id,
    }
    const { frames, whole } = failedStream(call, error, extra, making.record.createdAt)
    await this.#finish(
      making,
      frames.flatMap((frame) => rerun.push(frame)),
      rerun.whole(whole),
      undefined,
    )
    return done
  }

  async #finish(
    { call, record, log, work }: Making,
    frames: readonly string[],
    whole: string,
    source: ReplySource | undefined,
  ): Promise<void> {
    const { store, cipher, newSecret } = this.#options
    const { id, owner } = record
    const events = await log.last(frames)
    const writer = source === undefined ? { provider: '', keyId: '', dialect: '' } : writerOf(source, true)
    const told = readTold(whole, writer, newSecret)
    if (told === undefined) throw new GatewayError('internal', 'What should be kept is no response that has ended.')
    const expiresAt = work.world.clock.wallClock() + call.snapshot.responses.retention
    const end: ResponseEnd = {
      status: told.status,
      provider: source?.provider ?? null,
      keyId: source?.keyId ?? null,
      upstreamId: source?.keepsState === true ? (source.upstreamId ?? null) : null,
      output: await Promise.all(told.output.map((item) => sealItem(item, cipher))),
      response: await cipher.seal(whole, contextOf(id)),
      expiresAt,
      conversationExpiresAt: expiresAt,
    }
    const finished = await store.finish({ id, owner, writer: work.job.token, end, events })
    if (finished !== 'kept') throw lost()
  }

  /** What its clients have been shown by those who made it before. */
  async #shown(id: string, caller: Caller, count: number): Promise<string[]> {
    const frames: string[] = []
    while (frames.length < count) {
      const page = await this.events(id, caller, frames.length - 1)
      if (page === undefined || page.frames.length === 0) break
      frames.push(...page.frames)
    }
    return frames
  }

  /** The object as long as there is no answer. */
  #standing(call: Call, state: 'pending' | 'processing', created: number): string {
    const extra: ExtraFields = {
      requestType: 'responses',
      modelRequested: call.head.model,
      latency: 0,
      chunkIndex: 0,
      requestId: call.id,
    }
    const pending = {
      id: call.asked.replyId as string,
      created: Math.floor(created / 1000),
      model: call.head.model,
      state,
    }
    return JSON.stringify(this.#options.client.encodePending?.(pending, extra, call.asked))
  }
}

/** What is known of a response while it is made. */
interface Making {
  readonly work: Work
  readonly call: Call
  readonly record: ResponseRecord
  readonly rerun: Rerun
  readonly log: EventLog
}

interface Kept {
  whole: string | undefined
  source: ReplySource | undefined
}

/** Milliseconds in which the job of a response that is begun has to be there. */
const beginning = 60_000

/** Events read at once. */
const pageLength = 500

/** What its client gets is in the response; the job has nothing more to tell. */
const over: Done = { reply: { kind: 'reply', status: 200, headers: [], body: '{}' }, error: undefined, usage: null }

export function isEnded({ status }: Pick<ResponseRecord, 'status'>): boolean {
  return status !== 'queued' && status !== 'in_progress'
}

/** The same call for a stream, whose events can be followed. */
function streaming(call: Call): Call {
  const request = withMembers(call.asked.request, { stream: 'true' })
  return { ...call, request, asked: { ...call.asked, request }, head: { ...call.head, stream: true } }
}

function errorOf({ error }: Reply): GatewayError {
  return error ?? new GatewayError('internal', 'A request for a stream was answered by something else.')
}

function usageOf({ exchange, status, error }: Reply): string | null {
  const record = exchange.record({ status, error })
  return record.attempts.length === 0 ? null : JSON.stringify(record)
}

function gone(): GatewayError {
  return new GatewayError('client-gone', 'The job was given up.', { code: 'request_cancelled' })
}

function notInBackground(id: string): GatewayError {
  return new GatewayError(
    'invalid-request',
    `Response '${id}' was not made in the background, so that there is nothing to cancel.`,
    {
      param: 'response_id',
      code: 'not_in_background',
    },
  )
}
