/**
 * One attempt at a response that is made in the background: its call is made for a stream, whose events are written down as they come, and what is the end of
 * it with all that is kept of it. https://platform.openai.com/docs/guides/background
 */
import { textOfBytes } from '../core/bytes.ts'
import type { ClientChat } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import { afterAttempt } from '../core/jobs.ts'
import type { JsonObject } from '../core/json.ts'
import { parseJson } from '../core/parse-json.ts'
import { objectOf } from '../core/wire.ts'
import type { Call, ReplySource } from '../engine/call.ts'
import { handle, type Reply } from '../engine/handle.ts'
import type { World } from '../engine/world.ts'
import { type Done, failed, type Work } from '../jobs/kind.ts'
import { callOf } from '../jobs/kinds/chat.ts'
import type { Cipher } from '../ports/cipher.ts'
import type { ResponseEnd, ResponseRecord, ResponseStore } from '../ports/response-store.ts'
import { frameWithCreatedAt, withCreatedAt } from './created-at.ts'
import { contextOf, ownerOf, type ResponseDesk } from './desk.ts'
import { failedStream, givenUp } from './ended.ts'
import { EventLog, isLost, lost } from './event-log.ts'
import { framesIn } from './frames.ts'
import { firstFrames } from './kept-frames.ts'
import { sealItem, type Writer, writerOf } from './kept-item.ts'
import { Rerun } from './rerun.ts'
import { readTold } from './rows.ts'
import { isEnded, standingText } from './standing.ts'
import { withMembers } from './written-out.ts'

export interface MakerOptions {
  readonly world: World
  readonly store: ResponseStore
  readonly cipher: Cipher
  readonly responses: ResponseDesk
  readonly client: ClientChat
  newSecret(): string
}

export class Maker {
  readonly #options: MakerOptions

  constructor(options: MakerOptions) {
    this.#options = options
  }

  /** Rejects as calls do. */
  async run(work: Work): Promise<Done> {
    const { store, cipher, client, world } = this.#options
    const call = streaming(callOf(work, client))
    const id = call.asked.replyId as string
    const record = await store.get(id, ownerOf(call.caller), world.clock.wallClock())
    if (record === undefined || isEnded(record)) return over
    const writer = work.job.token
    const text = standingText(call, 'processing', record.createdAt)
    const count = await store.start(id, writer, await cipher.seal(text, contextOf(id)))
    if (count === undefined) return over
    const rerun = new Rerun(
      await firstFrames(count, { id, owner: record.owner, now: world.clock.wallClock() }, { store, cipher }),
    )
    const making: Making = { work, call, record, rerun, log: new EventLog({ store, cipher, id, writer }, count) }
    try {
      return await this.#make(making)
    } catch (error) {
      // Its client has ended it, or another gateway has taken over: what comes of it is nobody's any more.
      if (isLost(error)) return over
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
    } catch (error) {
      if (isLost(error)) return { ...failed(gone()), usage: usageOf(reply) }
      throw error
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
      if (work.signal.aborted) return { ...failed(gone()), usage: usageOf(reply) }
      if (bytes === null) return this.#failed(making, errorOf(reply), reply)
      const frames = framesIn(textOfBytes(bytes))
        .filter((frame) => !isErrorEvent(frame))
        .flatMap((frame) => rerun.push(frameWithCreatedAt(frame, created)))
      if (kept.whole === undefined) await log.add(frames)
      else {
        const whole = rerun.whole(withCreatedAt(kept.whole, created))
        await this.#finish(making, { frames, whole, source: kept.source, usage: usageOf(reply) })
        // Read to its end, so that its connection can be used again.
        await reply.body.stream.next()
        return over
      }
    }
  }

  /** Nothing of an answer came: it is tried again where that may help, else this is the end of it. */
  async #failed(making: Making, error: GatewayError, reply: Reply | undefined): Promise<Done> {
    const { work } = making
    const { job, snapshot, signal, world } = work
    const usage = reply === undefined ? null : usageOf(reply)
    const done = { ...failed(error), usage }
    if (signal.aborted) return done
    const { attempt, maxAttempts } = job
    const next = afterAttempt({ error, interrupted: undefined, attempt, maxAttempts }, snapshot.jobs, world.random())
    if (next.do === 'postpone') return done
    const { frames, whole } = await this.#failure(making, error)
    await this.#finish(making, { frames, whole, source: undefined, usage })
    return { ...done, usage: null }
  }

  /** The end of what its clients have been shown so far. */
  async #failure({ call, record, log }: Making, error: GatewayError): Promise<{ frames: string[]; whole: string }> {
    const { store, cipher, world } = this.#options
    const told = failedStream(call, error, record.createdAt)
    const count = await log.written()
    if (count === 0) return told
    const { id, owner } = record
    const shown = await firstFrames(count, { id, owner, now: world.clock.wallClock() }, { store, cipher })
    const failed = parseJson(told.whole) as JsonObject
    const end = { status: 'failed', error: objectOf(failed['error']) ?? {} } as const
    const { frames, object } = givenUp(shown, failed, end)
    return { frames, whole: JSON.stringify(object) }
  }

  async #finish({ call, record, rerun, log, work }: Making, { frames, whole, source, usage }: Ending): Promise<void> {
    const { store, cipher, newSecret } = this.#options
    const { id, owner } = record
    const now = work.world.clock.wallClock()
    const events = await log.last(frames)
    const told = readTold(whole, source === undefined ? nobody : writerOf(source, true), newSecret)
    if (told === undefined) throw new GatewayError('internal', 'What should be kept is no response that has ended.')
    const { brokenCount } = rerun
    const output = told.output.map((item, index) => (index < brokenCount ? { ...item, writer: nobody } : item))
    const expiresAt = now + call.snapshot.responses.retention
    const end: ResponseEnd = {
      status: told.status,
      provider: source?.provider ?? null,
      keyId: source?.keyId ?? null,
      // Its provider has only the second one of two answers.
      upstreamId: source?.keepsState === true && brokenCount === 0 ? (source.upstreamId ?? null) : null,
      output: await Promise.all(output.map((item) => sealItem(item, cipher))),
      response: await cipher.seal(whole, contextOf(id)),
      expiresAt,
      conversationExpiresAt: expiresAt,
    }
    const used = usage === null ? null : { jobId: work.job.id, completedAt: now, record: usage }
    const finished = await store.finish({ id, owner, writer: work.job.token, end, events, usage: used })
    if (finished !== 'kept') throw lost()
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

/** The end of it: the last events, and what is kept. */
interface Ending {
  readonly frames: readonly string[]
  readonly whole: string
  /** Undefined: nobody has answered. */
  readonly source: ReplySource | undefined
  /** Written together with the end, so that nothing is paid for without a record of it. */
  readonly usage: string | null
}

interface Kept {
  whole: string | undefined
  source: ReplySource | undefined
}

/** What its client gets is in the response; the job has nothing more to tell. */
const over: Done = { reply: { kind: 'reply', status: 200, headers: [], body: '{}' }, error: undefined, usage: null }

/** What nobody keeps, and only who made it could read. */
const nobody: Writer = { provider: '', keyId: '', dialect: '' }

/** The same call for a stream, whose events can be followed. */
function streaming(call: Call): Call {
  const request = withMembers(call.asked.request, { stream: 'true' })
  return { ...call, request, asked: { ...call.asked, request }, head: { ...call.head, stream: true } }
}

function errorOf({ error }: Reply): GatewayError {
  return error ?? new GatewayError('internal', 'A request for a stream was answered by something else.')
}

/** A stream that fails before it has told of a response ends so; in the background there is a response. */
function isErrorEvent(frame: string): boolean {
  return frame.startsWith('event: error\n')
}

function usageOf({ exchange, status, error }: Reply): string | null {
  const record = exchange.record({ status, error })
  return record.attempts.length === 0 ? null : JSON.stringify(record)
}

function gone(): GatewayError {
  return new GatewayError('client-gone', 'The job was given up.', { code: 'request_cancelled' })
}
