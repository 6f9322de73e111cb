/**
 * What a model said, as the content of a message for a client: whole blocks, and the citations that stream alike. What this wire cannot say is
 * named as something lost of the reply.
 * https://platform.claude.com/docs/en/api/messages
 */
import type { Annotation, Block, BlockStart, ReasoningBlock, TextBlock, ToolCallBlock } from '../../core/chat.ts'
import { type Keeper, makeKeeper } from '../../core/extra.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { inputOf } from '../../core/tool-input.ts'
import { encodeThinking } from './blocks.ts'
import { encodeCitations } from './citations.ts'
import { reasoningFormat } from './name.ts'
import { wrapCitation, wrapReasoning } from './wrapped.ts'

/** `lost` collects names of what cannot be told. */
export function encodeContent(blocks: readonly Block[], keeper: Keeper, lost: Set<string>): JsonObject[] {
  const end = keeper.own ? blocks.length : blocks.findLastIndex((block) => !isSealed(block)) + 1
  if (end < blocks.length) lost.add(lostSeal)
  return blocks
    .slice(0, end)
    .map((block) => encodeReplyBlock(block, keeper, lost))
    .filter((wire) => wire !== undefined)
}

/** What a seal at the end is called where it is not told. */
export const lostSeal = 'response.reasoning_details'

/**
 * A thought that only its provider can read. Claude never ends with one, and coding agents take the last block for the answer: so another provider's
 * is not told at the end. Gemini puts one behind its words, and can do without.
 */
export function isSealed(block: Block | BlockStart): boolean {
  return block.type === 'reasoning' && block.kind === 'encrypted' && block.format !== reasoningFormat
}

/** Unknown fields of a reply return to their own dialect; that others do not tell them is nothing to be named. */
export function replyKeeper(own: boolean, lost: Set<string>): Keeper {
  const keeper = makeKeeper(own)
  return { ...keeper, lose: (path) => void lost.add(path) }
}

/** What is lost of a reply stands among what was lost of its request, behind `response.`. */
export function nameLost(lost: ReadonlySet<string>, extra: ExtraFields): void {
  if (lost.size > 0) extra.dropped = [...(extra.dropped ?? []), ...lost]
}

function encodeReplyBlock(block: Block, keeper: Keeper, lost: Set<string>): JsonObject | undefined {
  switch (block.type) {
    case 'text':
      // The API has no empty texts, and takes none back.
      return block.text === '' && block.annotations === undefined ? undefined : encodeText(block, keeper, lost)
    case 'refusal':
      // The API's own refusals are told beside the content.
      return keeper.own ? undefined : { type: 'text', text: block.text, citations: null }
    case 'reasoning':
      return keeper.put(encodeThought(block), block.extra, '')
    case 'tool-call':
      return keeper.put(encodeCall(block), block.extra, '')
    case 'audio':
      lost.add('response.audio')
      return block.transcript === undefined ? undefined : { type: 'text', text: block.transcript, citations: null }
    case 'unknown':
      if (keeper.own) return block.value
      lost.add('response.unknown')
      return undefined
    default:
      lost.add(`response.${block.type}`)
      return undefined
  }
}

function encodeText({ text, annotations = [], extra }: TextBlock, keeper: Keeper, lost: Set<string>): JsonObject {
  const citations = annotations.flatMap((annotation) => encodeReplyCitation(annotation, text, lost))
  return keeper.put({ type: 'text', text, citations: citations.length === 0 ? null : citations }, extra, '')
}

/**
 * This API's own citations as they were; those of others with a URL as results of a web search, whose `encrypted_index` remembers where in the
 * text they were.
 */
export function encodeReplyCitation(annotation: Annotation, text: string, lost: Set<string>): JsonObject[] {
  const own = encodeCitations([annotation], makeKeeper(true), '')
  if (own.length > 0) return own
  if (annotation.type !== 'url-citation') {
    lost.add('response.annotations')
    return []
  }
  const { url, title, startIndex, endIndex } = annotation
  const cited = annotation.text ?? (startIndex === undefined ? '' : text.slice(startIndex, endIndex))
  const index = wrapCitation(annotation)
  return [{ type: 'web_search_result_location', cited_text: cited, encrypted_index: index, title: title ?? null, url }]
}

/** Claude's thoughts as they are; those of others with everything but their text wrapped, to be sent back unread. */
export function encodeThought(block: ReasoningBlock): JsonObject {
  const own = block.format === undefined ? undefined : encodeThinking(block)
  if (own !== undefined) return own
  const sealed = wrapReasoning(block)
  return block.text === undefined && block.kind === 'encrypted'
    ? { type: 'redacted_thinking', data: sealed }
    : { type: 'thinking', thinking: block.text ?? '', signature: sealed }
}

/** The caller of every call but those of a server tool. */
export const directCaller: Json = { type: 'direct' }

function encodeCall(call: ToolCallBlock): JsonObject {
  return { type: 'tool_use', id: call.id, name: call.name, input: toolInput(call), caller: directCaller }
}

/**
 * Clients get an object in any case. Arguments that are none are put into one by the name that the API's pages give for it:
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming
 */
function toolInput(call: ToolCallBlock): JsonObject {
  return inputOf(call) ?? { INVALID_JSON: call.arguments }
}
