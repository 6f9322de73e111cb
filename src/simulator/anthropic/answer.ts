/**
 * Answers Messages requests, from whichever door they came: checks them, drafts, and writes the reply. Claude on other clouds speaks
 * the same wire behind doors of its own. https://platform.claude.com/docs/en/api/messages
 */
import { draftAnswer } from '../behaviours.ts'
import type { Faults } from '../faults.ts'
import { jsonReply, type Reply, streamReply } from '../replies.ts'
import type { ReadRequest } from '../wire-format.ts'
import { askedBy } from './asked.ts'
import { checkRequest } from './check-request.ts'
import { rulesOf } from './claude.ts'
import { countAll } from './count.ts'
import { bodyOf, messageOf, type ReplyMessage } from './message.ts'
import type { Form, MessagesRequest } from './request-schema.ts'
import { eventsOf, mishaps } from './stream.ts'

/** How a request came in. */
export interface Door {
  form: Form
  betas: ReadonlySet<string>
}

/** A request that was checked, and what its model says to it. */
export interface AnsweredMessages {
  request: MessagesRequest
  message: ReplyMessage
}

/** Checks a request, throwing a `Refused`, and finds the answer. */
export function answerMessages(read: ReadRequest, door: Door): AnsweredMessages {
  const { name, model, number, body, lenient, text } = read
  const [base = ''] = name.split('+')
  const rules = rulesOf(base)
  const request = checkRequest(body, { ...door, model: base, rules, lenient })
  // Without room for a token the prompt is only read into the cache.
  const draft = request.max_tokens === 0 ? { text: '' } : draftAnswer(model, number, askedBy(request, rules))
  return { request, message: messageOf(draft, request, { source: text, model: name, rules }) }
}

/** Writes the reply: JSON, or server-sent events where `streaming`. */
export function replyOf(
  { message }: AnsweredMessages,
  streaming: boolean,
  faults: Faults,
  headers: Record<string, string>,
): Reply {
  const withUsage = faults.usage !== 'none'
  if (!streaming || faults.unary) return jsonReply(bodyOf(message, withUsage), headers, message.tokens)
  return streamReply(eventsOf(message, { withUsage, padding: faults.padding ?? 0 }), headers, mishaps)
}

/** How many tokens a request has. */
export function countMessages({ name, body, lenient }: ReadRequest, door: Door): { input_tokens: number } {
  const [base = ''] = name.split('+')
  const request = checkRequest(body, { ...door, model: base, rules: rulesOf(base), lenient })
  return { input_tokens: countAll(request) }
}
