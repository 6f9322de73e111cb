/**
 * Responses that are made in the background: accepted for good, made by the runner of jobs, followed by whoever may, and ended at their client's wish.
 * https://platform.openai.com/docs/guides/background
 */
import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { parseJson } from '../core/parse-json.ts'
import type { Caller } from '../engine/authenticate.ts'
import type { Call } from '../engine/call.ts'
import type { JobDesk } from '../jobs/desk.ts'
import type { JobKind } from '../jobs/kind.ts'
import { type CallForm, chatForm } from '../jobs/kinds/chat.ts'
import { openReply } from '../jobs/sealed.ts'
import type { JobRecord, JobStore } from '../ports/job-store.ts'
import type { ResponseRecord } from '../ports/response-store.ts'
import { contextOf, ownerOf } from './desk.ts'
import { type GivenUp, givenUp } from './ended.ts'
import { type FramePage, firstFrames, framesAfter, sealFrames } from './kept-frames.ts'
import { sealItem } from './kept-item.ts'
import { Maker, type MakerOptions } from './making.ts'
import { namedIn } from './named.ts'
import { withReferences } from './references.ts'
import { inputRows, keepsIdsOf } from './rows.ts'
import { isEnded, standingText } from './standing.ts'
import { inputItems } from './written-out.ts'

export interface BackgroundOptions extends MakerOptions {
  readonly jobs: JobStore
  /** A UUID of version 4. */
  newId(): string
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
    const maker = new Maker(options)
    this.kind = { name: kindName, run: (work) => maker.run(work) }
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
    const text = standingText(prepared, 'pending', now)
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
    // First the job: should this gateway die in between, the response ends as its job has.
    await desk.cancel(record.jobId, kindName, caller).catch(ignoreNotFound)
    await this.#end(record, { status: 'cancelled' })
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
    const end: GivenUp = job?.state === 'cancelled' ? { status: 'cancelled' } : await this.#failure(job)
    await this.#end(record, end)
    return true
  }

  /** Undefined: there is no job. */
  async #failure(job: JobRecord | undefined): Promise<GivenUp> {
    const reply = job !== undefined && 'result' in job && (await openReply(job.id, job, this.#options.cipher))
    const known = reply && reply.kind === 'failure' ? reply.error.message : undefined
    const message = known ?? 'The gateway that was to make the response was gone before it ended. Ask for it again.'
    return { status: 'failed', error: { code: 'server_error', message } }
  }

  /** Whoever makes it can write no more. */
  async #end(record: ResponseRecord & { readonly text: string }, end: GivenUp): Promise<void> {
    const { store, cipher, world, newSecret } = this.#options
    const { id, owner, expiresAt } = record
    const writer = newSecret()
    const count = await store.start(id, writer, record.response)
    if (count === undefined) return
    const shown = await firstFrames(count, { id, owner, now: world.clock.wallClock() }, { store, cipher })
    const { frames, object } = givenUp(shown, parseJson(record.text) as JsonObject, end)
    const events = await sealFrames(frames, id, count, cipher)
    const response = await cipher.seal(JSON.stringify(object), contextOf(id))
    const nobody = { provider: null, keyId: null, upstreamId: null, output: [] }
    const ended = { ...nobody, status: end.status, response, expiresAt, conversationExpiresAt: expiresAt }
    await store.finish({ id, owner, writer, end: ended, events, usage: null })
  }

  /** Frames after a number, as far as there are any now. Undefined: there is no such response. */
  events(id: string, caller: Caller, after: number): Promise<FramePage | undefined> {
    const { store, cipher, world } = this.#options
    return framesAfter(after, { id, owner: ownerOf(caller), now: world.clock.wallClock() }, { store, cipher })
  }
}

/** Milliseconds in which the job of a response that is begun has to be there. */
const beginning = 60_000

/** A job that came to no end of its own is removed some time. */
function ignoreNotFound(error: unknown): void {
  if (!(error instanceof GatewayError && error.failure === 'not-found')) throw error
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
