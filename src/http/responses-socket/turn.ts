/** One response over a socket: makes a `Call` of what the client said, as HTTP does, and tells what the engine answers event by event. */
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { bytesOfText } from '../../core/bytes.ts'
import type { RequestText, StreamWriting } from '../../core/dialect.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import { frameText } from '../../core/sse.ts'
import { openaiResponsesClient } from '../../dialects/openai-responses/client.ts'
import { authenticate } from '../../engine/authenticate.ts'
import type { Call, ClientSignal, ReplySource } from '../../engine/call.ts'
import { handle } from '../../engine/handle.ts'
import type { World } from '../../engine/world.ts'
import type { ResponseDesk } from '../../responses/desk.ts'
import type { LocalResponses } from '../../responses/local-responses.ts'
import { presentedCredentials } from '../credentials.ts'
import { type CallRoute, makeCall } from '../serve-call.ts'
import { errorEvent, eventsIn } from './messages.ts'

/** What all responses over one socket have in common. */
export interface Surroundings {
  readonly headers: IncomingHttpHeaders
  readonly route: Omit<CallRoute, 'id' | 'headers'>
  readonly world: World
  /** What was said on it and is stored nowhere. */
  readonly local: LocalResponses
  readonly signal: ClientSignal
  /** The settings that hold now. */
  snapshot(): Snapshot
  readonly responses: Pick<ResponseDesk, 'prepare'>
}

/** Resolves when the client has taken the event, or is gone. */
type Send = (event: string) => Promise<void>

/** Rejects with `GatewayError` where the request is not fit to be handled. */
export async function answerTurn(
  request: RequestText,
  generate: boolean,
  surroundings: Surroundings,
  send: Send,
): Promise<void> {
  const { local, responses, world } = surroundings
  const call = await responses.prepare(callOf(request, surroundings), local)
  if (!generate) return await answerNothing(call, world, send)
  const reply = await handle(call, world)
  try {
    if (reply.body.kind === 'text') return await send(errorEvent(reply.body.text, reply.status))
    for (;;) {
      const frames = await reply.body.stream.next()
      if (frames === null) return
      for (const event of eventsIn(frames)) await send(event)
    }
  } finally {
    reply.close()
  }
}

function callOf(request: RequestText, { headers, route, world, signal, snapshot }: Surroundings): Call {
  const arrived = world.clock.now()
  const settings = snapshot()
  const caller = authenticate(presentedCredentials(headers, settings), settings, world.clock.wallClock())
  const arrival = { arrived, snapshot: settings, caller, signal }
  const call = makeCall(request, headers, { ...route, id: randomUUID() }, arrival)
  // A plan is nothing that could be told here.
  return { ...call, options: { ...call.options, explain: false } }
}

/** Nobody is asked: what was said is only to be gone on from. */
async function answerNothing(call: Call, world: World, send: Send): Promise<void> {
  const { asked, head } = call
  const writing: StreamWriting = {
    extra: { requestType: 'responses_stream', modelRequested: head.model, latency: 0, chunkIndex: 0 },
    asked,
    includeUsage: head.includeUsage,
    choices: head.choices,
    rawResponse: false,
    started: world.clock.now(),
    now: world.clock.now,
  }
  const encoder = openaiResponsesClient.encodeEvents(writing)
  const created = Math.floor(world.clock.wallClock() / 1000)
  const nothing = { inputTokens: 0, outputTokens: 0, totalTokens: 0 }
  const frames = [
    ...encoder.push({ type: 'start', id: asked.replyId ?? '', model: head.model, created }),
    ...encoder.push({ type: 'finish', choices: [{ index: 0, finishReason: 'stop' }], usage: nothing }),
    ...encoder.end(),
  ]
  let text = bytesOfText(frames.map(frameText).join(''))
  const whole = bytesOfText(encoder.whole ?? '')
  if (call.keep !== undefined && whole !== '') {
    const kept = await call.keep(whole, nobody)
    const at = text.lastIndexOf(whole)
    text = text.slice(0, at) + kept + text.slice(at + whole.length)
  }
  for (const event of eventsIn(text)) await send(event)
}

const nobody: ReplySource = { provider: '', keyId: '', dialect: '', keepsState: false, upstreamId: undefined }
