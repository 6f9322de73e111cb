/**
 * An assistant's turn: on this wire a message of flat members, in the canonical form a list of blocks in the order reasoning, content,
 * refusal, sound, tool calls. Requests, replies and (piece by piece) streams share it.
 * https://platform.openai.com/docs/api-reference/chat/object
 */
import { addAll } from '../../core/add-all.ts'
import { placesOf } from '../../core/block-places.ts'
import type { Annotation, AudioBlock, Block, Extra, ReasoningBlock, TextBlock, ToolCallBlock } from '../../core/chat.ts'
import { type Keeper, type Known, unknownFields } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined, numberOf, objectOf, objectsOf, tableOf, textOf, wordsOf } from '../../core/wire.ts'
import { decodeCacheControl, decodeContent, decodePart, encodeMarks, encodePart, markNames } from './blocks.ts'

/** The members of a message that are taken apart here. */
export const turnNames = {
  role: true,
  content: true,
  refusal: true,
  audio: { id: true, data: true, transcript: true, expires_at: true },
  reasoning: true,
  reasoning_content: true,
  reasoning_details: true,
  annotations: true,
  // Ours: what is cited that has no address. The list beside it is one of web pages, and to strict clients of nothing else.
  file_citations: true,
  // Pictures a model made, as OpenRouter has them. https://openrouter.ai/docs/guides/overview/multimodal/image-generation
  images: true,
  tool_calls: true,
  // The deprecated name for one call.
  function_call: true,
} as const satisfies Known

export interface Turn {
  content: Block[]
  /** What `names` has no name for, below the message. */
  extra?: Extra
}

/** `callId` makes an id for a tool call that came without one. */
export function decodeTurn(message: JsonObject, names: Known, callId: (position: number) => string): Turn {
  const reasoning = decodeReasoning(message)
  const refusal = wordsOf(message['refusal'])
  const audio = objectOf(message['audio'])
  const told = wordsOf(message['reasoning']) ?? wordsOf(message['reasoning_content'])
  const extra = unknownFields(message, names)
  // Where the details say something else than the text, the text is not ours to make again.
  const differs = told !== undefined && told !== reasoningText(reasoning)
  const calls = toolCallsOf(message).map((call, position) => decodeToolCall(call, () => callId(position)))
  // Beside calls an empty text is no answer, though some servers write one.
  const content = calls.length > 0 && message['content'] === '' ? [] : decodeContent(message['content'])
  return defined({
    content: [
      ...reasoning,
      ...annotated(content, decodeAnnotations(message)),
      ...objectsOf(message['images']).map(decodeImage),
      ...(refusal === undefined ? [] : [{ type: 'refusal' as const, text: refusal }]),
      ...(audio === undefined ? [] : [decodeAudio(audio)]),
      ...calls,
    ],
    extra: differs ? { ...extra, reasoning: told } : extra,
  })
}

/** A picture that a model made: a part like those of users, with its number. */
export function decodeImage({ index: _, ...part }: JsonObject): Block {
  return decodePart(part)
}

/** Annotations belong to a text; where there is none, to an empty one. */
function annotated(content: Block[], annotations: Annotation[]): Block[] {
  if (annotations.length === 0) return content
  const position = content.findIndex((block) => block.type === 'text')
  if (position < 0) return [...content, { type: 'text', text: '', annotations }]
  return content.with(position, { ...(content[position] as TextBlock), annotations })
}

/** A turn as members of a message. Content parts are left as a list. */
export interface FlatTurn {
  parts: JsonObject[]
  refusal?: string
  audio?: JsonObject
  reasoning?: string
  reasoning_details?: JsonObject[]
  annotations?: JsonObject[]
  file_citations?: JsonObject[]
  tool_calls?: JsonObject[]
}

export function encodeTurn(blocks: readonly Block[], keeper: Keeper, path: string): FlatTurn {
  const turn: FlatTurn = { parts: [] }
  const places = placesOf(blocks, path)
  for (const [position, block] of blocks.entries()) place(turn, block, keeper, places[position]!)
  const reasoning = reasoningText(blocks)
  return reasoning === '' ? turn : { ...turn, reasoning }
}

function place(turn: FlatTurn, block: Block, keeper: Keeper, path: string): void {
  switch (block.type) {
    case 'reasoning': {
      const index = turn.reasoning_details?.length ?? 0
      return append(turn, 'reasoning_details', encodeReasoning(block, index, keeper, path))
    }
    case 'refusal':
      turn.refusal = (turn.refusal ?? '') + block.text
      return
    case 'audio':
      // A message has place for one sound.
      if (turn.audio !== undefined) keeper.lose(path)
      turn.audio ??= encodeAudio(block)
      return
    case 'tool-call':
      return append(turn, 'tool_calls', encodeToolCall(block, keeper, path))
    case 'text':
      for (const annotation of block.annotations ?? [])
        append(turn, citationList(annotation, keeper), ...encodeAnnotation(annotation, keeper, path))
      break
    case 'unknown':
      if (keeper.own) return append(turn, listNames[block.place ?? 'content'], block.value)
      break
    case 'image':
      // An assistant shows no pictures here; those that another provider made in an earlier turn are no part of what is asked now.
      if (!keeper.own && block.dialect !== undefined) return keeper.lose(path)
  }
  const part = encodePart(block, keeper, path)
  if (part) turn.parts.push(part)
}

function append(turn: FlatTurn, list: ListName, ...members: JsonObject[]): void {
  if (members.length === 0) return
  const told = turn[list] ?? []
  turn[list] = told
  addAll(told, members)
}

type ListName = 'parts' | 'reasoning_details' | CitationList | 'tool_calls'
type CitationList = 'annotations' | 'file_citations'

const listNames = {
  content: 'parts',
  'reasoning-details': 'reasoning_details',
  'tool-calls': 'tool_calls',
} as const

/** What was thought, as one text. */
export function reasoningText(blocks: readonly Block[]): string {
  return blocks.map((block) => (block.type === 'reasoning' ? (block.text ?? '') : '')).join('')
}

/** Details where there are any, and a block for the plain text where the details do not have it. */
function decodeReasoning(message: JsonObject): Block[] {
  const details = objectsOf(message['reasoning_details']).map(decodeDetail)
  const text = wordsOf(message['reasoning']) ?? wordsOf(message['reasoning_content'])
  if (text === undefined || reasoningText(details) !== '') return details
  return [{ type: 'reasoning', kind: 'text', text }, ...details]
}

const detailKinds = tableOf<ReasoningBlock['kind']>({
  'reasoning.text': 'text',
  'reasoning.summary': 'summary',
  'reasoning.encrypted': 'encrypted',
})

const detailNames = {
  type: true,
  index: true,
  id: true,
  signature: true,
  data: true,
  format: true,
} as const satisfies Known

/** The member of a detail that has its text. */
const detailText = { text: 'text', summary: 'summary', encrypted: 'text' } as const

export function decodeDetail(detail: JsonObject, position: number): Block {
  const kind = detailKinds[textOf(detail['type']) ?? '']
  if (kind === undefined) return { type: 'unknown', value: detail, place: 'reasoning-details' }
  const text = detailText[kind]
  const extra = unknownFields(detail, { ...detailNames, [text]: true })
  const index = numberOf(detail['index']) ?? position
  return defined({
    type: 'reasoning' as const,
    kind,
    text: textOf(detail[text]),
    signature: textOf(detail['signature']),
    data: textOf(detail['data']),
    id: textOf(detail['id']),
    format: textOf(detail['format']),
    extra: index === position ? extra : { ...extra, index },
  })
}

export function encodeReasoning(block: ReasoningBlock, index: number, keeper: Keeper, path: string): JsonObject {
  const { kind, text, signature, data, id, format, extra } = block
  return keeper.put(
    defined({ id, index, type: `reasoning.${kind}`, [detailText[kind]]: text, signature, data, format }),
    extra,
    path,
  )
}

function decodeAudio(audio: JsonObject): AudioBlock {
  const data = textOf(audio['data'])
  return defined({
    type: 'audio' as const,
    source: data === undefined ? undefined : ({ kind: 'data', data } as const),
    id: textOf(audio['id']),
    transcript: textOf(audio['transcript']),
    expiresAt: numberOf(audio['expires_at']),
  })
}

function encodeAudio({ id, source, transcript, expiresAt }: AudioBlock): JsonObject {
  return defined({ id, data: source?.kind === 'data' ? source.data : undefined, expires_at: expiresAt, transcript })
}

const callBase = { index: true, id: true, type: true, cache_control: markNames.cache_control } as const satisfies Known

const callNames = {
  function: { ...callBase, function: { name: true, arguments: true } },
  custom: { ...callBase, custom: { name: true, input: true } },
} as const satisfies Record<ToolCallBlock['kind'], Known>

/** The calls of a message or a delta, one by the deprecated name among them. */
export function toolCallsOf({ tool_calls, function_call }: JsonObject): JsonObject[] {
  const calls = objectsOf(tool_calls)
  return objectOf(function_call) ? [...calls, { type: 'function', function: function_call }] : calls
}

/** A call of a kind that is not known stays whole. */
function decodeToolCall(call: JsonObject, callId: () => string): Block {
  const kind = callKind(call)
  if (kind === undefined) return { type: 'unknown', value: call, place: 'tool-calls' }
  return defined({
    type: 'tool-call' as const,
    kind,
    id: wordsOf(call['id']) ?? callId(),
    name: calledName(call, kind) ?? '',
    arguments: calledWith(call, kind) ?? '',
    cacheControl: decodeCacheControl(call['cache_control']),
    extra: unknownCallFields(call, kind),
  })
}

export function callKind(call: JsonObject): ToolCallBlock['kind'] | undefined {
  const type = call['type'] ?? (call['custom'] ? 'custom' : 'function')
  return type === 'function' || type === 'custom' ? type : undefined
}

export function calledName(call: JsonObject, kind: ToolCallBlock['kind']): string | undefined {
  return wordsOf(objectOf(call[kind])?.['name'])
}

/** The text the model wrote. Some servers send the object it stands for. */
export function calledWith(call: JsonObject, kind: ToolCallBlock['kind']): string | undefined {
  const given = objectOf(call[kind])?.[kind === 'custom' ? 'input' : 'arguments']
  return objectOf(given) ? JSON.stringify(given) : textOf(given)
}

export function unknownCallFields(call: JsonObject, kind: ToolCallBlock['kind']): Extra | undefined {
  return unknownFields(call, callNames[kind])
}

function encodeToolCall(block: ToolCallBlock, keeper: Keeper, path: string): JsonObject {
  const { kind, id, name, arguments: given, extra } = block
  const called = kind === 'custom' ? { custom: { name, input: given } } : { function: { name, arguments: given } }
  return keeper.put({ id, type: kind, ...called, ...encodeMarks(block) }, extra, path)
}

const annotationNames = {
  type: true,
  url_citation: { url: true, title: true, start_index: true, end_index: true, text: true },
} as const satisfies Known

/** Those of a message or of a delta. */
export function decodeAnnotations({ annotations, file_citations }: JsonObject): Annotation[] {
  return [...objectsOf(annotations), ...objectsOf(file_citations)].map(decodeAnnotation)
}

function decodeAnnotation(annotation: JsonObject): Annotation {
  const citation = objectOf(annotation['url_citation'])
  const url = textOf(citation?.['url'])
  if (annotation['type'] !== 'url_citation' || url === undefined) return { type: 'unknown', value: annotation }
  return defined({
    type: 'url-citation' as const,
    url,
    title: textOf(citation?.['title']),
    startIndex: numberOf(citation?.['start_index']),
    endIndex: numberOf(citation?.['end_index']),
    text: textOf(citation?.['text']),
    extra: unknownFields(annotation, annotationNames),
  })
}

/** Where an annotation stands in a message. */
function citationList({ type }: Annotation, { own }: Keeper): CitationList {
  return type === 'unknown' && !own ? 'file_citations' : 'annotations'
}

/** All that a delta cites, by where it stands there. */
export function encodeAnnotations(
  annotations: readonly Annotation[],
  keeper: Keeper,
): { readonly [List in CitationList]?: JsonObject[] } {
  const lists: { [List in CitationList]?: JsonObject[] } = {}
  for (const annotation of annotations) {
    const told = encodeAnnotation(annotation, keeper, '')
    if (told.length === 0) continue
    const list = citationList(annotation, keeper)
    lists[list] = [...(lists[list] ?? []), ...told]
  }
  return lists
}

/** Nothing for an annotation of a kind only another dialect knows. */
function encodeAnnotation(annotation: Annotation, keeper: Keeper, path: string): JsonObject[] {
  if (annotation.type === 'unknown') {
    if (keeper.own || annotation.value['type'] === 'file_citation') return [annotation.value]
    keeper.lose(`${path}.annotations`)
    return []
  }
  const { url, title, startIndex, endIndex, text, extra } = annotation
  const citation = defined({ end_index: endIndex, start_index: startIndex, title, url, text })
  return [keeper.put({ type: 'url_citation', url_citation: citation }, extra, `${path}.annotations`)]
}
