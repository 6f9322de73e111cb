/**
 * One block of a message as this wire takes it from a user or an assistant; what it does not take is refused or named.
 * https://platform.claude.com/docs/en/build-with-claude/working-with-messages
 */
import type { Block, ToolCallBlock } from '../../core/chat.ts'
import type { Keeper } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import { inconsistent, unsupported } from '../../core/refuse.ts'
import { inputOf } from '../../core/tool-input.ts'
import { textOf } from '../../core/wire.ts'
import { encodeBlock, encodeCacheControl, encodeThinking } from './blocks.ts'
import { type MessageEncoding, ownKeeper } from './encoding.ts'
import { dialect } from './name.ts'

/** Citations have no place in what a user says, as the second version of the API has it. */
export function plainBlock(block: Block & { type: 'text' }, place: string, encoding: MessageEncoding): JsonObject {
  const { annotations, ...rest } = block
  if (annotations !== undefined) encoding.dropped.push(`${place}.annotations`)
  return encodeBlock(rest, keeperOf(block, encoding), place)!
}

export function userBlock(block: Block, place: string, encoding: MessageEncoding): JsonObject {
  const { host } = encoding
  if (block.type === 'text') return plainBlock(block, place, encoding)
  if ((block.type === 'image' || block.type === 'file') && block.source.kind === 'url' && !host.fetches)
    throw unsupported(place, `has to be fetched from a URL, which ${host.name} does not do`, 'Send the data itself')
  const wire =
    block.type === 'unknown'
      ? unknownOfUser(block.value, block.dialect, encoding)
      : encodeBlock(block, keeperOf(block, encoding), place)
  if (wire === undefined || block.type === 'reasoning' || block.type === 'tool-call') {
    const [what, instead] = saidOf(block)
    throw unsupported(place, `is ${what}, which this provider does not take`, instead)
  }
  return wire
}

/** Blocks that only this API has may come from anybody. */
function unknownOfUser(value: JsonObject, from: string | undefined, encoding: MessageEncoding): JsonObject | undefined {
  const { keeper } = encoding
  const type = textOf(value['type']) ?? ''
  return keeper.own || from === dialect || ownUserBlocks.has(type) ? value : undefined
}

export function assistantBlock(
  block: Block,
  place: string,
  path: string,
  encoding: MessageEncoding,
): JsonObject | undefined {
  const { dropped } = encoding
  const keeper = keeperOf(block, encoding)
  switch (block.type) {
    case 'reasoning':
      return thoughtBlock(block, path, encoding)
    case 'tool-call':
      return callBlock(block, place, encoding)
    case 'text':
    case 'refusal':
      return encodeBlock(block, keeper, place)
    case 'audio':
      // What was said can be said as text; the sound itself is known to its own provider alone.
      if (block.transcript === undefined) break
      dropped.push(`${path}.audio`)
      return { type: 'text', text: block.transcript }
    case 'unknown':
      if (keeper.own) return block.value
      if (block.place === 'reasoning-details') {
        dropped.push(`${path}.reasoning_details`)
        return undefined
      }
  }
  // What another provider gave in an earlier turn, and this one cannot have given, is no part of what is asked now.
  if (block.dialect !== undefined) {
    dropped.push(place)
    return undefined
  }
  throw unsupported(
    place,
    `is of type ${typeName(block)}, which this provider does not take from an assistant`,
    'Leave it out, or choose another provider',
  )
}

function thoughtBlock(
  block: Block & { type: 'reasoning' },
  path: string,
  encoding: MessageEncoding,
): JsonObject | undefined {
  const { traits, dropped } = encoding
  const wire = traits.thinking === 'never' ? undefined : encodeThinking(block)
  if (wire === undefined) dropped.push(`${path}.reasoning_details`)
  return wire
}

function callBlock(block: ToolCallBlock, place: string, encoding: MessageEncoding): JsonObject {
  const { names, callIds } = encoding
  const input = inputOf(block)
  if (input === undefined)
    throw inconsistent(`${place}.function.arguments`, 'is no JSON object', 'Send the arguments as the model wrote them')
  const keeper = keeperOf(block, encoding)
  const call: JsonObject = { type: 'tool_use', id: callIds.fit(block.id), name: names.fit(block.name), input }
  const mark = encodeCacheControl(block.cacheControl, keeper, place)
  return keeper.put(mark === undefined ? call : { ...call, cache_control: mark }, block.extra, place)
}

function keeperOf(block: Block, { keeper }: MessageEncoding): Keeper {
  return block.dialect === dialect ? ownKeeper : keeper
}

/** Blocks of a user that have no name in the canonical form. */
const ownUserBlocks = new Set([
  'search_result',
  'container_upload',
  'image',
  'document',
  'tool_reference',
  'browser_state',
])

export function typeName(block: Block): string {
  return block.type === 'unknown' ? (textOf(block.value['type']) ?? 'unknown') : block.type
}

/** What was given that cannot be taken, and what to give instead. */
function saidOf(block: Block): readonly [what: string, instead: string] {
  const source = block.type === 'image' || block.type === 'file' ? block.source : undefined
  if (source?.kind === 'url') return ['a data URI without base64', 'Send the data in base64']
  const type = source?.kind === 'data' ? (source.mediaType ?? 'unknown type') : undefined
  if (type === undefined) return [`of type ${typeName(block)}`, 'Leave it out, or choose another provider']
  return block.type === 'image'
    ? [`an image of type ${type}`, 'Send JPEG, PNG, GIF or WebP']
    : [`a file of type ${type}`, 'Send a PDF, a text or a picture, or choose another provider']
}
