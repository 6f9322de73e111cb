/** Items of a provider's output as blocks of the canonical form. https://platform.openai.com/docs/api-reference/responses/object */
import type { Annotation, Block, Extra, FinishReason } from '../../core/chat.ts'
import { type Known, unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { sniffedType } from '../../core/media-types.ts'
import { defined, objectOf, objectsOf, tableOf, textOf, wordsOf } from '../../core/wire.ts'
import { decodeAnnotation } from './decode-parts.ts'
import { decodeReasoning } from './decode-reasoning.ts'

/** The members of a response that the canonical form has a place for, or that are ours; the others tell what was asked, and go back to our own clients. */
export const responseNames = {
  id: true,
  object: true,
  created_at: true,
  status: true,
  error: true,
  incomplete_details: true,
  model: true,
  output: true,
  output_text: true,
  usage: true,
  service_tier: true,
  background: true,
  conversation: true,
  previous_response_id: true,
  store: true,
  // Those of another gateway.
  extra_fields: true,
} as const satisfies Known

const callNames = { type: true, id: true, status: true, call_id: true, name: true } as const satisfies Known

/** For each kind of call that the client has to make: where it has what it is called with. */
const calls = tableOf<{ kind: 'function' | 'custom'; given: string; names: Known }>({
  function_call: { kind: 'function', given: 'arguments', names: { ...callNames, arguments: true } },
  custom_tool_call: { kind: 'custom', given: 'input', names: { ...callNames, input: true } },
})

export interface CallItem {
  readonly kind: 'function' | 'custom'
  readonly id: string
  readonly name: string
  readonly given: string
  readonly extra: Extra | undefined
}

/** Undefined where the item is no call for the client. `fallbackId` is for a call without an id, which the client must be able to answer. */
export function decodeCall(item: JsonObject, fallbackId: string): CallItem | undefined {
  const type = calls[textOf(item['type']) ?? '']
  if (type === undefined) return undefined
  const { kind, given, names } = type
  const value = item[given]
  return {
    kind,
    id: wordsOf(item['call_id']) ?? wordsOf(item['id']) ?? fallbackId,
    name: textOf(item['name']) ?? '',
    // Some servers send the object that it stands for.
    given: objectOf(value) ? JSON.stringify(value) : (textOf(value) ?? ''),
    extra: unknownFields(item, names),
  }
}

/** An item that is there as a whole. */
export function decodeItem(item: JsonObject, fallbackId: string): Block[] {
  const call = decodeCall(item, fallbackId)
  if (call !== undefined) {
    const { kind, id, name, given, extra } = call
    return [defined({ type: 'tool-call' as const, kind, id, name, arguments: given, extra })]
  }
  switch (item['type']) {
    case 'message':
      return objectsOf(item['content']).map(decodeSaid)
    case 'reasoning':
      return decodeReasoning(item).map(withoutMark)
    case 'image_generation_call':
      return [decodePicture(item) ?? { type: 'unknown', value: item }]
    default:
      return [{ type: 'unknown', value: item }]
  }
}

/** In a reply, everything is of the dialect of the reply. */
function withoutMark({ dialect: _, ...block }: Block): Block {
  return block
}

const saidNames = tableOf<Known>({
  output_text: { type: true, text: true, annotations: true, logprobs: true },
  refusal: { type: true, refusal: true },
})

export function decodeSaid(part: JsonObject): Block {
  const names = saidNames[textOf(part['type']) ?? '']
  if (names === undefined) return { type: 'unknown', value: part }
  const extra = unknownFields(part, names)
  if (part['type'] === 'refusal')
    return defined({ type: 'refusal' as const, text: textOf(part['refusal']) ?? '', extra })
  const annotations = annotationsOf(part)
  return defined({
    type: 'text' as const,
    text: textOf(part['text']) ?? '',
    annotations: annotations.length === 0 ? undefined : annotations,
    extra,
  })
}

export function annotationsOf(part: JsonObject): Annotation[] {
  return objectsOf(part['annotations']).map(decodeAnnotation)
}

const pictureNames = { type: true, id: true, status: true, result: true } as const satisfies Known

/** Undefined where there is none. */
export function decodePicture(item: JsonObject): (Block & { type: 'image' }) | undefined {
  const data = item['type'] === 'image_generation_call' ? wordsOf(item['result']) : undefined
  if (data === undefined) return undefined
  const format = textOf(item['output_format'])
  const mediaType = format === undefined ? sniffedType(data) : `image/${format}`
  const source = defined({ kind: 'data' as const, mediaType, data })
  return defined({ type: 'image' as const, source, extra: unknownFields(item, pictureNames) })
}

/** How likely the tokens of a text were, as chat completions have it. */
export function decodeLogprobs(list: Json | undefined): JsonObject | undefined {
  const tokens = objectsOf(list)
  return tokens.length === 0 ? undefined : { content: tokens }
}

const reasons = tableOf<string>({ max_output_tokens: 'length', content_filter: 'content_filter' })

/** A call for the client says that it is its turn. */
export function finishReasonOf(response: JsonObject, hasCalls: boolean): FinishReason {
  const status = textOf(response['status'])
  if (status === 'incomplete') {
    const reason = textOf(objectOf(response['incomplete_details'])?.['reason'])
    return reason === undefined ? 'length' : (reasons[reason] ?? reason)
  }
  return hasCalls ? 'tool_calls' : 'stop'
}

/** What is told alike in a whole response and at the start of a stream. */
export function decodeHead(response: JsonObject, otherwise: { id: string; model: string; created: number }) {
  const created = response['created_at']
  return {
    id: wordsOf(response['id']) ?? otherwise.id,
    model: wordsOf(response['model']) ?? otherwise.model,
    // Some count in parts of a second.
    created: typeof created === 'number' && Number.isFinite(created) ? Math.trunc(created) : otherwise.created,
    serviceTier: wordsOf(response['service_tier']),
  }
}
