/** Answers one chat completion request: who asks, what is asked, whether it is proper, what shall go wrong, what is said. */
import type { IncomingMessage } from 'node:http'
import { finishAnswer } from './answer.ts'
import type { Answered } from './answer-wire.ts'
import { keyOf } from './authorize.ts'
import { draftAnswer, findModel } from './behaviours.ts'
import { askedBy } from './chat-asked.ts'
import { checkRequest } from './check-request.ts'
import { completionOf } from './completion.ts'
import { openaiErrors } from './errors.ts'
import { type FaultCall, type FaultCounts, faultsAsked, modelMeant, parseFaults } from './faults.ts'
import { checkContentType, checkHeaders, parseBody } from './receive.ts'
import { jsonReply, streamReply, withFaults } from './replies.ts'
import { eventsOf, mishaps } from './stream.ts'

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

export function answerChat(request: IncomingMessage, text: string, context: ChatContext): Answered {
  const asked = askedOf(request, context)
  checkContentType(request)
  const body = parseBody(text)
  const name = context.deployment ?? modelIn(body)
  const [base = '', ...words] = name.split('+')
  const calls = [...parseFaults(words.join('+'), 'model'), ...asked.calls]
  const { model, number } = findModel(modelMeant(base, calls))
  const chat = checkRequest(body, {
    lenient: calls.some(({ faults }) => faults.lenient),
    messageFields: model.messageFields ?? [],
    modelInPath: context.deployment !== undefined,
  })
  const faults = context.counts.take(calls, `${asked.scope}\n${name}`)
  const now = Math.floor(context.now / 1000)
  const answer = finishAnswer(draftAnswer(model, number, askedBy(chat)), chat, { source: text, model: name, now })
  const { azure, headers } = context
  const { usage = 'documented', padding = 0 } = faults
  const reply =
    chat.stream && !faults.unary
      ? streamReply(eventsOf(answer, chat, { azure, usage, padding }), headers, mishaps)
      : jsonReply(completionOf(answer, { azure, withUsage: usage !== 'none' }), headers, answer.tokens)
  return { reply: withFaults(reply, faults, openaiErrors), faults }
}

/** The faults that the header and the key ask for, for any kind of request. Refuses a request with no right to be here. */
export function askedOf(
  request: IncomingMessage,
  { azure, requireKey }: Pick<ChatContext, 'azure' | 'requireKey'>,
): { calls: FaultCall[]; scope: string } {
  checkHeaders(request)
  const key = keyOf(request.headers, { azure, required: requireKey })
  return faultsAsked(request.headers, key)
}

/** The model a body names. Where it names none, checking it says so. */
function modelIn(body: unknown): string {
  const model = typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined
  return typeof model === 'string' && model !== '' ? model : 'echo'
}
