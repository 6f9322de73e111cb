/** Whole replies to and from the canonical form. https://platform.openai.com/docs/api-reference/chat/object */
import type { Block, ChatResponse, Choice } from '../../core/chat.ts'
import { type Keeper, type Known, makeKeeper, unknownFields } from '../../core/extra.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import { extraFieldsJson } from '../../core/extra-fields.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { errorInDisguise, unreadable } from '../../core/upstream-error.ts'
import { defined, listOf, numberOf, objectOf, objectsOf, textOf, wordsOf } from '../../core/wire.ts'
import { laidFlat } from './layout.ts'
import { dialect } from './name.ts'
import { decodeTurn, encodeTurn, turnNames } from './turn.ts'
import { encodeUsage, usageOf } from './usage.ts'

/** Members of a reply and of a chunk that have a place in the canonical form. `extra_fields` are ours: those of another gateway stay there. */
export const topNames = {
  id: true,
  object: true,
  created: true,
  model: true,
  choices: true,
  usage: true,
  x_groq: { usage: true },
  service_tier: true,
  system_fingerprint: true,
  search_results: true,
  videos: true,
  citations: true,
  extra_fields: true,
} as const satisfies Known

/** Members of a choice, of a whole reply and of a chunk. `log_probs` is an older name with the same content. */
export const choiceNames = {
  index: true,
  finish_reason: true,
  logprobs: true,
  log_probs: true,
  stop: true,
  usage: true,
} as const satisfies Known

export function decodeResponse(body: Json): ChatResponse {
  const error = errorInDisguise(body)
  if (error) throw error
  const reply = objectOf(body)
  const choices = listOf(reply?.['choices'])
  if (reply === undefined || choices === undefined) throw unreadable('the reply has no choices')
  return defined({
    dialect,
    ...decodeHead(reply),
    choices: objectsOf(choices).map((choice, position) => decodeChoice(choice, position, textOf(reply['id']) ?? '')),
    usage: usageOf(reply),
    ...decodeSearch(reply),
    extra: unknownFields(reply, topNames),
  })
}

/** What is told alike at the top of a whole reply and of a chunk. */
export function decodeHead(body: JsonObject) {
  return {
    id: textOf(body['id']) ?? '',
    model: textOf(body['model']) ?? '',
    created: Math.trunc(numberOf(body['created']) ?? 0),
    serviceTier: wordsOf(body['service_tier']),
    systemFingerprint: wordsOf(body['system_fingerprint']),
  }
}

/** What a search model drew on. */
export function decodeSearch(body: JsonObject) {
  return {
    searchResults: listOf(body['search_results']),
    videos: listOf(body['videos']),
    citations: listOf(body['citations']),
  }
}

export function decodeLogprobs(choice: JsonObject): JsonObject | undefined {
  return objectOf(choice['logprobs']) ?? objectOf(choice['log_probs'])
}

/** An id for a tool call that came without one: the client must be able to answer it. */
export function callId(replyId: string, choice: number, position: number): string {
  return `call_${replyId}_${choice}_${position}`
}

function decodeChoice(choice: JsonObject, position: number, replyId: string): Choice {
  const index = numberOf(choice['index']) ?? position
  const message = objectOf(choice['message']) ?? {}
  // An empty text is no answer, as it is none in a stream.
  const said = message['content'] === '' ? { ...message, content: null } : message
  const turn = decodeTurn(said, turnNames, (call) => callId(replyId, index, call))
  return defined({
    index,
    content: turn.content,
    finishReason: wordsOf(choice['finish_reason']) ?? null,
    stopSequence: textOf(choice['stop']),
    logprobs: decodeLogprobs(choice),
    extra: unknownFields(choice, { ...choiceNames, message: true }),
    messageExtra: turn.extra,
  })
}

/** The documented members are always there, null where nothing is known. */
export function encodeResponse(response: ChatResponse, extra: ExtraFields): JsonObject {
  const keeper = makeKeeper(response.dialect === dialect)
  const { choices, usage } = response
  const reply = {
    id: response.id,
    choices: choices.map((choice) => encodeChoice(choice, keeper, response.dialect)),
    ...encodeHead(response, 'chat.completion'),
    usage: usage === undefined ? null : encodeUsage(usage, keeper),
    ...encodeSearch(response),
  }
  return { ...keeper.put(reply, response.extra, ''), extra_fields: extraFieldsJson(extra) }
}

type Head = Pick<ChatResponse, 'created' | 'model' | 'serviceTier' | 'systemFingerprint'>

export function encodeHead({ created, model, serviceTier, systemFingerprint }: Head, object: string) {
  return defined({
    created,
    model,
    object,
    service_tier: serviceTier,
    system_fingerprint: systemFingerprint ?? '',
  })
}

export function encodeSearch({
  searchResults,
  videos,
  citations,
}: Pick<ChatResponse, 'searchResults' | 'videos' | 'citations'>) {
  return defined({ search_results: searchResults, videos, citations })
}

/** Both names for probabilities: the one OpenAI's clients read, always, and the documented older one where there are any. */
export function encodeLogprobs(logprobs: JsonObject | undefined): JsonObject {
  return logprobs === undefined ? { logprobs: null } : { logprobs, log_probs: logprobs }
}

function encodeChoice(choice: Choice, keeper: Keeper, from: string): JsonObject {
  const { blocks, text, layout } = keeper.own ? asItLies(choice.content) : laidFlat(choice.content)
  const { parts, refusal, ...members } = encodeTurn(blocks, keeper, '')
  const details = members.reasoning_details ?? []
  const detail = layout?.detail(from, details.length)
  const calls = members.tool_calls?.map((call, index) => ({ index, ...call }))
  // A list in place of the text is no reply to most clients: pictures stand beside it, where those that know of them look.
  const [said, images] = apart(parts)
  const message = defined({
    role: 'assistant',
    content: text !== '' && isText(said) ? text : flattened(said),
    refusal: refusal ?? null,
    ...members,
    reasoning_details: detail === undefined ? members.reasoning_details : [...details, detail],
    images,
    tool_calls: calls,
  })
  const wire = defined({
    index: choice.index,
    finish_reason: choice.finishReason,
    ...encodeLogprobs(choice.logprobs),
    stop: choice.stopSequence,
    message: keeper.put(message, choice.messageExtra, ''),
  })
  return keeper.put(wire, choice.extra, '')
}

function apart(parts: JsonObject[]): [said: JsonObject[], images: JsonObject[] | undefined] {
  const images = parts.filter((part) => part['type'] === 'image_url')
  if (images.length === 0) return [parts, undefined]
  return [parts.filter((part) => !images.includes(part)), images.map((image, index) => ({ index, ...image }))]
}

/** Texts alone become one text with a blank line between them, as clients of this wire expect. */
function flattened(parts: JsonObject[]): Json {
  if (parts.length === 0) return null
  return isText(parts) ? parts.map((part) => part['text']).join('\n\n') : parts
}

function isText(parts: JsonObject[]): boolean {
  return parts.every((part) => part['type'] === 'text')
}

/** Blocks of this wire's own are as flat as they were. */
function asItLies(blocks: Block[]): { blocks: Block[]; text: string; layout: undefined } {
  return { blocks, text: '', layout: undefined }
}
