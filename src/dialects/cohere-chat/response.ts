/** Whole replies. https://docs.cohere.com/reference/chat#response.body */
import type { Block, ChatResponse, ReasoningBlock } from '../../core/chat.ts'
import { textOfArguments } from '../../core/custom-tools.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import type { GatewayError } from '../../core/errors.ts'
import { unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { parseJson } from '../../core/parse-json.ts'
import type { ToolNames } from '../../core/tool-names.ts'
import { errorInDisguise, unreadable } from '../../core/upstream-error.ts'
import { defined, listOf, numberOf, objectOf, objectsOf, textOf, wordsOf } from '../../core/wire.ts'
import { decodeCitation, isAboutText } from './citations.ts'
import { failureOf, finishReasonOf } from './finish-reasons.ts'
import { decodeLogprobs } from './logprobs.ts'
import { dialect, reasoningFormat } from './name.ts'
import { toolNamesOf } from './tool-names.ts'
import { decodeUsage } from './usage.ts'

const topNames = { id: true, finish_reason: true, message: true, usage: true, logprobs: true } as const

/** Throws `upstream-error` for an error in place of an answer, and for an answer that ended in one. */
export function decodeResponse(body: Json, context: ReplyContext): ChatResponse {
  const reply = objectOf(body)
  const message = objectOf(reply?.['message'])
  const error = errorOf(body)
  if (error !== undefined) throw error
  if (reply === undefined || message === undefined) throw unreadable('the reply has no message')
  const reason = textOf(reply['finish_reason'])
  const failure = failureOf(reason, textOf(reply['error']))
  if (failure !== undefined) throw failure
  return defined({
    dialect,
    ...headOf(reply['id'], context),
    choices: [
      defined({
        index: 0,
        content: decodeMessage(message, context),
        finishReason: finishReasonOf(reason),
        logprobs: decodeLogprobs(reply['logprobs'] ?? undefined),
        messageExtra: messageExtra(message),
      }),
    ],
    usage: decodeUsage(reply['usage']),
    extra: unknownFields(reply, topNames),
  })
}

/** An error in place of what was asked for: `{message: "…"}`, or any form that others have. */
export function errorOf(body: Json): GatewayError | undefined {
  const told = wordsOf(objectOf(body)?.['message'])
  return errorInDisguise(told === undefined ? body : { error: { message: told } })
}

/** Replies name neither their model nor their time. */
export function headOf(id: Json | undefined, { model, created, id: ours }: ReplyContext) {
  return { id: wordsOf(id) ?? `chatcmpl-${ours}`, model, created }
}

/** Thoughts, then what it planned, then what it said, then what it called: the order in which they are streamed. */
function decodeMessage(message: JsonObject, { request }: ReplyContext): Block[] {
  const names = toolNamesOf(request)
  const { content, tool_plan, tool_calls, citations } = message
  const plan = wordsOf(tool_plan)
  const said = withCitations(decodeContent(content), objectsOf(citations))
  return [
    ...said.filter(({ type }) => type === 'reasoning'),
    ...(plan === undefined ? [] : [planOf(plan)]),
    ...said.filter(({ type }) => type !== 'reasoning'),
    ...objectsOf(tool_calls).map((call, position) => decodeCall(call, position, names)),
  ]
}

function planOf(text: string): ReasoningBlock {
  return { type: 'reasoning', kind: 'summary', text, format: reasoningFormat }
}

function decodeContent(content: Json | undefined): Block[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return objectsOf(listOf(content)).map(decodePart)
}

function decodePart(part: JsonObject): Block {
  const { type, text, thinking } = part
  if (type === 'thinking')
    return { type: 'reasoning', kind: 'text', text: textOf(thinking) ?? '', format: reasoningFormat }
  return type === 'text' ? { type: 'text', text: textOf(text) ?? '' } : { type: 'unknown', value: part }
}

/** Each to the text it is about, by its place among the content; to the first text where that is not told. */
function withCitations(blocks: Block[], citations: JsonObject[]): Block[] {
  for (const citation of citations.filter(isAboutText)) {
    const told = blocks[numberOf(citation['content_index']) ?? -1]
    const block = told?.type === 'text' ? told : blocks.find(({ type }) => type === 'text')
    const annotations = decodeCitation(citation)
    if (block?.type === 'text') block.annotations = [...(block.annotations ?? []), ...annotations]
    else blocks.push({ type: 'text', text: '', annotations })
  }
  return blocks
}

/** Citations of thoughts and plans, and what has no name here. */
function messageExtra(message: JsonObject): ChatResponse['extra'] {
  const others = objectsOf(message['citations']).filter((citation) => !isAboutText(citation))
  const extra = unknownFields(message, {
    role: true,
    content: true,
    tool_plan: true,
    tool_calls: true,
    citations: true,
  })
  return others.length === 0 ? extra : { ...extra, citations: others }
}

function decodeCall(call: JsonObject, position: number, names: ToolNames): Block {
  const called = objectOf(call['function'])
  const name = names.original(textOf(called?.['name']) ?? '')
  const id = wordsOf(call['id']) ?? callId(name, position)
  const given = called?.['arguments']
  const text = objectOf(given) ? JSON.stringify(given) : (textOf(given) ?? '')
  // No arguments at all are an empty object to everybody else.
  if (!names.isCustom(name)) return { type: 'tool-call', kind: 'function', id, name, arguments: text || '{}' }
  return { type: 'tool-call', kind: 'custom', id, name, arguments: textOfArguments(parsed(text)) }
}

/** For a call that came without one. */
export function callId(name: string, position: number): string {
  return `${name}_${position}`
}

function parsed(text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch {
    return text === '' ? undefined : text
  }
}
