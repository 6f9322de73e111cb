/** The walk of a request whose caller is known: plan, attempt, respond, close. Never throws: whatever goes wrong is a reply as well. */
import { bytesOfText } from '../core/bytes.ts'
import { GatewayError } from '../core/errors.ts'
import type { ExtraFields } from '../core/extra-fields.ts'
import { type Answer, sourceOf } from './answer.ts'
import { attempt, clientGone } from './attempt.ts'
import { type Call, requestType } from './call.ts'
import { Exchange, type Outcome } from './exchange.ts'
import { explainPlan, makePlan, type Plan } from './plan.ts'
import { StreamReply } from './stream-reply.ts'
import type { World } from './world.ts'

/** What goes back to the client. Texts are byte strings. Whoever sends it calls `close` when it is sent, in a `finally`. */
export interface Reply {
  readonly status: number
  /** Flat: name, value, … */
  readonly headers: readonly string[]
  readonly body:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'stream'; readonly stream: StreamReply }
  /** Why it is no answer; of a stream, as far as it has been read. */
  readonly error: GatewayError | undefined
  readonly exchange: Exchange
  close(): void
}

export async function handle(call: Call, world: World): Promise<Reply> {
  const exchange = new Exchange(call, world)
  const leave = () => exchange.running?.abort(clientGone())
  call.signal.addEventListener('abort', leave)
  const close = (outcome: Outcome) => {
    call.signal.removeEventListener('abort', leave)
    exchange.close(outcome)
  }
  let plan: Plan | undefined
  try {
    plan = planFor(call, world)
    if (call.options.explain) return explained(plan, exchange, close)
    if (call.signal.aborted) throw clientGone()
    const answer = await attempt(plan, exchange, world)
    return await answered(answer, plan, exchange, world, close)
  } catch (error) {
    return failed(asGatewayError(error, call, world), plan, exchange, close)
  }
}

/** The plan for a call, without asking anyone. */
export function planFor(call: Call, world: World): Plan {
  const { head, options, snapshot, caller } = call
  return makePlan({
    model: head.model,
    fallbacks: head.fallbacks,
    operation: requestType(call),
    options,
    caller,
    snapshot,
    isProvider: (id) => world.isProvider(id) || snapshot.providers.has(id),
    random: world.random,
    rememberedKey: (session) => world.sessions.get(session),
    preferred: call.preferred,
  })
}

function explained(plan: Plan, exchange: Exchange, close: (outcome: Outcome) => void): Reply {
  const text = bytesOfText(JSON.stringify({ object: 'asbru.plan', steps: explainPlan(plan) }, null, 2))
  return textReply(['content-type', 'application/json'], text, fine, exchange, close)
}

async function answered(
  answer: Answer,
  plan: Plan,
  exchange: Exchange,
  world: World,
  close: (outcome: Outcome) => void,
): Promise<Reply> {
  const headers = [...answer.headers, ...servedHeaders(answer.extra, exchange)]
  const index = plan.findIndex((step) => step.kind === 'try' && step.target === answer.target)
  if (index > 0) headers.push('x-bifrost-fallback-index', String(index))
  if (answer.kind === 'unary') {
    headers.push('content-type', 'application/json')
    const { keep } = exchange.call
    const text = keep === undefined ? answer.text : await keep(answer.text, sourceOf(answer, answer.upstreamId))
    return textReply(headers, text, fine, exchange, close)
  }
  const stream = new StreamReply(answer, exchange, world)
  headers.push('content-type', 'text/event-stream', 'cache-control', 'no-cache')
  return {
    status: 200,
    headers,
    body: { kind: 'stream', stream },
    exchange,
    get error() {
      return stream.error
    },
    close() {
      stream.close()
      // A client that left in mid-stream has not read the end.
      const error = stream.error ?? (exchange.call.signal.aborted ? clientGone() : undefined)
      close({ status: error?.failure === 'client-gone' ? error.status : 200, error })
    },
  }
}

const fine: Outcome = { status: 200, error: undefined }

function textReply(
  headers: string[],
  text: string,
  outcome: Outcome,
  exchange: Exchange,
  close: (outcome: Outcome) => void,
): Reply {
  const { status, error } = outcome
  return { status, headers, body: { kind: 'text', text }, error, exchange, close: () => close(outcome) }
}

function failed(
  error: GatewayError,
  plan: Plan | undefined,
  exchange: Exchange,
  close: (outcome: Outcome) => void,
): Reply {
  const { call } = exchange
  const first = plan?.[0]
  const told =
    first === undefined
      ? undefined
      : first.kind === 'try'
        ? { provider: first.target.provider.id, model: first.target.model }
        : first.refusal
  const extra: ExtraFields = {
    requestType: requestType(call),
    provider: told?.provider,
    modelRequested: told?.model,
    latency: 0,
    chunkIndex: 0,
    requestId: call.id,
    rawResponse: error.details.rawResponse,
  }
  const headers = [
    ...(error.details.headers ?? []),
    ...servedHeaders(extra, exchange),
    'content-type',
    'application/json',
  ]
  // Retries and fallbacks are used up: a client that tries again by itself would go through all of them once more.
  if (plan?.some((step) => step.kind === 'try')) headers.push('x-should-retry', 'false')
  const text = bytesOfText(JSON.stringify(call.client.encodeError(error, extra)))
  return textReply(headers, text, { status: error.status, error }, exchange, close)
}

function servedHeaders(extra: ExtraFields, exchange: Exchange): string[] {
  const headers = ['x-bifrost-request-type', extra.requestType]
  if (extra.provider !== undefined) headers.push('x-bifrost-provider', headerValue(extra.provider))
  if (extra.modelRequested !== undefined) {
    headers.push('x-bifrost-original-model', headerValue(extra.modelRequested))
    headers.push('x-bifrost-resolved-model', headerValue(extra.modelDeployment ?? extra.modelRequested))
  }
  if (extra.latency > 0) headers.push('x-bifrost-upstream-latency-ms', String(extra.latency))
  if (extra.estimated === true) headers.push('x-asbru-estimated', 'true')
  if (extra.dropped !== undefined) headers.push('x-asbru-dropped-params', headerValue(extra.dropped.join(', ')))
  const { attempts } = exchange
  if (attempts.length > 0) {
    headers.push(
      'x-asbru-attempts',
      headerValue(attempts.map(({ provider, model, outcome }) => `${provider}/${model} ${outcome}`).join(', ')),
    )
  }
  return headers
}

/** Longest header value of ours; names of models can be as long as a client likes. */
const longestValue = 2000

/** What a client wrote may hold anything; a header may hold visible ASCII. */
function headerValue(text: string): string {
  const safe = /^[\x20-\x7e]*$/.test(text) ? text : encodeURI(text.toWellFormed()).replaceAll('%20', ' ')
  return safe.length > longestValue ? `${safe.slice(0, longestValue)}...` : safe
}

function asGatewayError(error: unknown, call: Call, world: World): GatewayError {
  if (error instanceof GatewayError) return error
  world.log.error({ request: call.id, err: error }, 'a bug: something was thrown that is no failure')
  return new GatewayError('internal', `internal server error; the log has it under request ${call.id}`, {
    code: 'internal_error',
  })
}
