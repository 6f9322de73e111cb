/**
 * Blocks of the canonical form as content of a Converse message.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
 */
import type { Block, Extra, ReasoningBlock, ToolCallBlock, UnknownBlock } from '../../core/chat.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { inconsistent, typeWords, unsupported } from '../../core/refuse.ts'
import { inputOf } from '../../core/tool-input.ts'
import { defined, objectOf } from '../../core/wire.ts'
import { cachePointName, cachePointsAfter } from './cache-points.ts'
import type { Draft } from './draft.ts'
import { encodeFile, encodeImage, encodeSound, encodeVideo } from './media.ts'
import { claudeFormat, dialect, ownFormat } from './name.ts'

export function blockPath(message: string, index: number): string {
  return `${message}.content[${index}]`
}

/** Content that clients may write as Bedrock has it, as a part of that type. */
const nativeNames = ['guardContent', 'searchResult']

/** A text is refused when it is blank; it says nothing anyway. */
function textBlocks(text: string): JsonObject[] {
  return text.trim() === '' ? [] : [{ text }]
}

export function encodeUserBlock(block: Block, path: string, content: JsonObject[], draft: Draft): void {
  content.push(...userContent(block, path, draft))
  finishBlock(block, path, content, draft)
}

/** Also what a tool may give, but for sounds. */
export function userContent(block: Block, path: string, draft: Draft): JsonObject[] {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return textBlocks(block.text)
    case 'image':
      if (block.detail !== undefined && block.detail !== 'auto') draft.drop(`${path}.image_url.detail`)
      return [encodeImage(block, path)]
    case 'file':
      return [encodeFile(block, path, draft)]
    case 'video':
      return [encodeVideo(block, path)]
    case 'audio':
      return [encodeSound(block, path)]
    case 'unknown':
      return [nativeContent(block.value, path)]
    default:
      throw unsupported(path, `is ${block.type} in the words of a user, which Bedrock does not take`, 'Leave it out')
  }
}

/** `{type: "guardContent", guardContent: {…}}`. */
function nativeContent(value: JsonObject, path: string): JsonObject {
  const name = nativeNames.find((candidate) => isJsonObject(value[candidate]))
  if (name !== undefined) return { [name]: value[name] as JsonObject }
  throw unsupported(
    path,
    `is of ${typeWords(value)}, which Bedrock does not take`,
    'Leave it out or choose another provider',
  )
}

export function encodeSystemBlock(block: Block, path: string, content: JsonObject[], draft: Draft): void {
  if (block.type === 'text' || block.type === 'refusal') content.push(...textBlocks(block.text))
  else if (block.type === 'unknown' && block.value['searchResult'] === undefined) {
    content.push(nativeContent(block.value, path))
  } else
    throw unsupported(
      path,
      `is ${block.type} in a system prompt, which Bedrock does not take`,
      'Put it into a user message',
    )
  finishBlock(block, path, content, draft)
}

/** `message` is the path of the message the block stands in. */
export function encodeAssistantBlock(
  block: Block,
  path: string,
  message: string,
  content: JsonObject[],
  draft: Draft,
): void {
  content.push(...assistantContent(block, path, message, draft))
  finishBlock(block, path, content, draft)
}

function assistantContent(block: Block, path: string, message: string, draft: Draft): JsonObject[] {
  switch (block.type) {
    case 'text':
      if (block.annotations !== undefined && block.annotations.length > 0) draft.drop(`${message}.annotations`)
      return textBlocks(block.text)
    case 'refusal':
      return textBlocks(block.text)
    case 'reasoning':
      return encodeReasoning(block, message, draft)
    case 'tool-call':
      return [encodeCall(block, path, draft)]
    case 'audio':
      // What was spoken is kept as what was said.
      draft.drop(`${message}.audio`)
      return textBlocks(block.transcript ?? '')
    case 'unknown':
      return unknownOfAssistant(block, path, message, draft)
    default:
      // What another provider gave in an earlier turn is no part of what is asked now.
      if (block.dialect !== undefined) {
        draft.drop(path)
        return []
      }
      throw unsupported(
        path,
        `is ${block.type} in the words of an assistant, which Bedrock does not take`,
        'Put it into a user message',
      )
  }
}

function unknownOfAssistant(block: UnknownBlock, path: string, message: string, draft: Draft): JsonObject[] {
  const { value, place, dialect: from = dialect } = block
  // What only another provider knows of an earlier turn is no part of what is asked now.
  if (place === 'reasoning-details') draft.drop(`${message}.reasoning_details`)
  else if (from !== dialect) draft.drop(path)
  else return [nativeContent(value, path)]
  return []
}

/** Exactly as it came, where this model can read it; else it is left out. */
function encodeReasoning(block: ReasoningBlock, message: string, draft: Draft): JsonObject[] {
  const content = reasoningContent(block, draft)
  if (content === undefined) {
    draft.dropOnce(`${message}.reasoning_details`)
    return []
  }
  return [{ reasoningContent: content }]
}

function reasoningContent(block: ReasoningBlock, { family }: Draft): JsonObject | undefined {
  const { kind, text, signature, data, format = signature === undefined ? undefined : family.format } = block
  if (family.reasoningBack === 'none') return undefined
  // Here an encrypted block is bytes, elsewhere text: those of other wires are not taken.
  if (kind === 'encrypted') {
    return format === ownFormat && data !== undefined ? { redactedContent: data } : undefined
  }
  const readable = format === ownFormat || (format === claudeFormat && family.format === claudeFormat)
  if (!readable || (family.reasoningBack === 'signed' && signature === undefined)) return undefined
  return { reasoningText: defined({ text: text ?? '', signature }) }
}

function encodeCall(call: ToolCallBlock, path: string, draft: Draft): JsonObject {
  const input = inputOf(call)
  if (input === undefined) {
    const place = `${path}.function.arguments`
    throw inconsistent(place, 'is no JSON object', 'Send the arguments as the model wrote them')
  }
  return { toolUse: { toolUseId: draft.callIds.fit(call.id), name: draft.toolNames.fit(call.name), input } }
}

/** The cache point behind a block, and the names of what it could not say. */
function finishBlock(block: Block, path: string, content: JsonObject[], draft: Draft): void {
  content.push(...cachePointsAfter(block, { path, behind: content, draft }))
  // Citations are asked for with documents alone.
  nameUnsaid(block, path, draft)
}

/** Names the marks and fields of a block that have no place: citations are asked for, and context given, with documents alone. */
export function nameUnsaid({ type, citations, extra }: Block, path: string, draft: Draft): void {
  if (citations !== undefined && type !== 'file') draft.drop(`${path}.citations`)
  if (type !== 'file' || extra === undefined) return nameExtra(extra, path, draft)
  const { context, ...rest } = extra
  nameExtra(typeof context === 'string' ? rest : extra, path, draft)
}

/** Names what stands in a block or message that this wire has no place for. */
export function nameExtra(extra: Extra | undefined, path: string, draft: Draft): void {
  const rest = extra && withoutOwn(extra)
  draft.keeper.put({}, rest, path)
}

/** Without the names that have been read: a cache point, and the owner of a bucket beside a URL. */
function withoutOwn(extra: Extra): Extra | undefined {
  const { [cachePointName]: _, bucketOwner: __, ...rest } = extra
  const entries = Object.entries(rest).flatMap(([name, value]): [string, Json][] => {
    const inner = objectOf(value)
    if (inner?.['bucketOwner'] === undefined) return [[name, value]]
    const { bucketOwner: ___, ...others } = inner
    return Object.keys(others).length === 0 ? [] : [[name, others as JsonObject]]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
