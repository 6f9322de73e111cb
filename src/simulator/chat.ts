/** Answers one chat completion request: who asks, what is asked, whether it is proper, what shall go wrong, what is said. */
import type { IncomingMessage } from 'node:http'
import { finishAnswer } from './answer.ts'
import { keyOf } from './authorize.ts'
import { draftAnswer, findModel } from './behaviours.ts'
import { checkRequest } from './check-request.ts'
import { completionOf } from './completion.ts'
import { type FaultCall, type FaultCounts, type Faults, faultsOfKey, parseFaults } from './faults.ts'
import { checkContentType, checkHeaders, parseBody } from './receive.ts'
import { jsonReply, type Reply, streamReply, withFaults } from './replies.ts'
import { eventsOf } from './stream.ts'

/** What answering needs of the server. */
export interface ChatContext {
  azure: boolean
  /** The model, where the path names it. */
  deployment: string | undefined
  requireKey: boolean
  counts: FaultCounts
  /** Milliseconds. */
  now: number
  /** The headers of the reply. */
  headers: Record<string, string>
}

/** A reply, and what shall go wrong with it. */
export interface Answered {
  reply: Reply
  faults: Faults
}

export function answerChat(request: IncomingMessage, text: string, context: ChatContext): Answered {
  const asked = askedOf(request, context)
  checkContentType(request)
  const body = parseBody(text)
  const name = context.deployment ?? modelIn(body)
  const [base = '', ...words] = name.split('+')
  const calls = [...parseFaults(words.join('+'), 'model'), ...asked.calls]
  const { model, number } = findModel(base)
  const chat = checkRequest(body, {
    lenient: calls.some(({ faults }) => faults.lenient),
    messageFields: model.messageFields ?? [],
    modelInPath: context.deployment !== undefined,
  })
  const faults = context.counts.take(calls, `${asked.scope}\n${name}`)
  const now = Math.floor(context.now / 1000)
  const answer = finishAnswer(draftAnswer(model, number, chat), chat, { source: text, model: name, now })
  const { azure, headers } = context
  const { usage = 'documented', padding = 0 } = faults
  const reply =
    chat.stream && !faults.unary
      ? streamReply(eventsOf(answer, chat, { azure, usage, padding }), headers)
      : jsonReply(completionOf(answer, { azure, withUsage: usage !== 'none' }), headers, answer.tokens)
  return { reply: withFaults(reply, faults), faults }
}

/** The faults that the header and the key ask for, for any kind of request. Refuses a request with no right to be here. */
export function askedOf(
  request: IncomingMessage,
  { azure, requireKey }: Pick<ChatContext, 'azure' | 'requireKey'>,
): { calls: FaultCall[]; scope: string } {
  checkHeaders(request)
  const key = keyOf(request.headers, { azure, required: requireKey })
  const header = String(request.headers['x-simulator-fault'] ?? '')
  return { calls: [...parseFaults(header, 'x-simulator-fault'), ...faultsOfKey(key)], scope: `${key}\n${header}` }
}

/** The model a body names. Where it names none, checking it says so. */
function modelIn(body: unknown): string {
  const model = typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined
  return typeof model === 'string' && model !== '' ? model : 'echo'
}
