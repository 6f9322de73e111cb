/** Writes an answer as one chat reply. https://docs.cohere.com/v2/reference/chat */
import { createHash } from 'node:crypto'
import type { Draft } from '../behaviours.ts'
import { allThoughts, countSaid, type Ending, type Said, say } from '../said.ts'
import { countTokens, tokensOf } from '../tokens.ts'
import { textOf } from './asked.ts'
import { idOf } from './errors.ts'
import type { ChatRequest } from './request-schema.ts'

/** A whole reply. */
export interface ChatReply {
  id: string
  content: ({ type: 'thinking'; thinking: string } | { type: 'text'; text: string })[]
  plan: string | null
  calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[]
  citations: object[]
  finishReason: string
  usage: object
  logprobs: LogprobItem[] | null
  /** How many tokens it took. */
  tokens: number
  extra: NonNullable<Draft['extra']>
}

export interface LogprobItem {
  text: string
  token_ids: number[]
  logprobs: number[]
}

const finishReasons: Record<Ending, string> = {
  end: 'COMPLETE',
  'stop-sequence': 'STOP_SEQUENCE',
  calls: 'TOOL_CALL',
  length: 'MAX_TOKENS',
  'context-window': 'MAX_TOKENS',
  'content-filter': 'ERROR',
  recitation: 'ERROR',
  'malformed-call': 'COMPLETE',
  pause: 'COMPLETE',
}

/** The reply that a draft becomes. `source` is the text of the request, from which all ids are made. */
export function replyTo(request: ChatRequest, draft: Draft, source: string): ChatReply {
  const limit = request.max_tokens === 0 ? undefined : request.max_tokens
  const said = say(draft, { stop: request.stop_sequences, most: limit })
  const { reasoning, text } = countSaid(said)
  const content = contentOf(said)
  const calling = said.calls.length > 0
  return {
    id: idOf(source),
    content: calling ? content.filter(({ type }) => type === 'thinking') : content,
    plan: calling ? said.text : null,
    calls: said.calls.map((call, place) => ({
      id: `${call.name}_${digestOf(`${source}.${place}`)}`,
      type: 'function',
      function: { name: call.name, arguments: call.text },
    })),
    citations: draft.annotated && said.text && !calling ? [citationOf(request, said.text, content.length - 1)] : [],
    finishReason: finishReasons[said.ending],
    usage: usageOf(request, draft, reasoning + text),
    logprobs: request.logprobs ? [...tokensOf(said.text ?? '')].map(likelihoodOf) : null,
    tokens: reasoning + text,
    extra: draft.extra ?? {},
  }
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12)

/** Refusals have no place of their own: they are text. */
function contentOf(said: Said): ChatReply['content'] {
  const thinking = allThoughts(said)
  const text = said.text ?? said.refusal
  return [
    ...(thinking === null ? [] : [{ type: 'thinking' as const, thinking }]),
    ...(text === null || text === '' ? [] : [{ type: 'text' as const, text }]),
  ]
}

/** The last word is what the source is said to support. Places count code points. https://docs.cohere.com/v2/docs/documents-and-citations */
function citationOf(request: ChatRequest, text: string, index: number): object {
  const start = Math.max(0, text.trimEnd().lastIndexOf(' ') + 1)
  const before = [...text.slice(0, start)].length
  return {
    start: before,
    end: before + [...text.slice(start)].length,
    text: text.slice(start),
    sources: [sourceOf(request)],
    content_index: index,
    type: 'TEXT_CONTENT',
  }
}

type Document = Exclude<NonNullable<ChatRequest['documents']>[number], string>
const somePage: Document = { data: { title: 'Simulated page', url: 'https://example.com/page' } }

function sourceOf({ documents, messages }: ChatRequest): object {
  const last = messages.at(-1)!
  if (!documents && last.role === 'tool') {
    return { type: 'tool', id: `${last.tool_call_id}:0`, tool_output: { content: textOf(last) } }
  }
  const [first = somePage] = documents ?? []
  const { data, id = 'doc:0' }: Document = typeof first === 'string' ? { data: first } : first
  const fields = typeof data === 'string' ? { text: data } : data
  return { type: 'document', id, document: { id, ...fields } }
}

/** Billed are the words of the request and the reply, without what the service adds to the prompt. */
function usageOf(request: ChatRequest, draft: Draft, output: number): object {
  const input = countPrompt(request)
  const prompt = input + 60
  return {
    billed_units: { input_tokens: input, output_tokens: output },
    tokens: { input_tokens: prompt, output_tokens: output + 2 },
    cached_tokens: draft.cached ? Math.floor(prompt / 2) : 0,
    ...draft.extra?.usage,
  }
}

function countPrompt({ messages, tools, documents }: ChatRequest): number {
  const said = messages.reduce((sum, message) => {
    const called = message.role === 'assistant' && message.tool_calls ? JSON.stringify(message.tool_calls) : ''
    return sum + countTokens(textOf(message)) + countTokens(called)
  }, 0)
  return said + countTokens(JSON.stringify([tools, documents].filter((list) => list !== undefined)))
}

function likelihoodOf(text: string): LogprobItem {
  const letters = [...text].map((letter) => letter.codePointAt(0)!)
  const sum = letters.reduce((total, code) => total + code, 0)
  return { text, token_ids: [sum], logprobs: [-((sum % 90) + 1) / 100] }
}

/** The body of a reply that is not streamed. */
export function bodyOf(reply: ChatReply, withUsage: boolean) {
  const { id, content, plan, calls, citations, finishReason, usage, logprobs, extra } = reply
  return {
    id,
    message: {
      role: 'assistant',
      ...(content.length > 0 && { content }),
      ...(plan !== null && { tool_plan: plan }),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(citations.length > 0 && { citations }),
      ...extra.message,
    },
    finish_reason: finishReason,
    ...(withUsage && { usage }),
    ...(logprobs && { logprobs }),
    ...extra.top,
  }
}
