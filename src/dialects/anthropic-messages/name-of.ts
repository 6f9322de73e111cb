/**
 * What a client of this wire calls a place in its request. Inside the house places are told as paths of a chat completion request, where the
 * system prompt and results of tools are messages of their own.
 */
import { isPart } from '../../core/block-places.ts'
import type { Block } from '../../core/chat.ts'
import type { RequestText } from '../../core/dialect.ts'
import type { JsonObject } from '../../core/json.ts'
import { objectOf, textOf } from '../../core/wire.ts'
import { decodePieces, type Piece } from './decode-messages.ts'
import { formatOf } from './decode-request.ts'

export function nameOf(path: string, { body }: RequestText): string {
  const [, head = '', rest = ''] = /^(\w+)(.*)$/s.exec(path) ?? []
  if (head === 'messages') return messageName(path, body)
  if (head === 'tools') return toolName(path)
  const name = topName(head, rest, body)
  return name ?? path
}

/** What stands in `function` there stands in the tool itself here. */
function toolName(path: string): string {
  return path
    .replace(/^(tools\[\d+\])\.(?:function\.parameters|custom\.format)/, '$1.input_schema')
    .replace(/^(tools\[\d+\])\.(?:function|custom)/, '$1')
}

/** Members at the top that have another name here. */
const renamed: Readonly<Record<string, string>> = {
  stop: 'stop_sequences',
  max_completion_tokens: 'max_tokens',
  user: 'metadata.user_id',
  parallel_tool_calls: 'tool_choice.disable_parallel_tool_use',
}

function topName(head: string, rest: string, body: JsonObject): string | undefined {
  if (Object.hasOwn(renamed, head)) return `${renamed[head]}${rest}`
  switch (head) {
    case 'response_format':
      return formatName(rest, body)
    case 'reasoning':
    case 'reasoning_effort':
    case 'reasoning_max_tokens':
    case 'reasoning_display':
      return reasoningName(`${head}${rest}`, body)
    default:
      return undefined
  }
}

function formatName(rest: string, body: JsonObject): string {
  const older = objectOf(body['output_format'])
  const place = older !== undefined && formatOf(body) === older ? 'output_format' : 'output_config.format'
  return (
    place + rest.replace(/^\.json_schema(?=\.schema|$)/, '').replace(/^\.json_schema\.(?:name|strict|description)$/, '')
  )
}

const reasoningNames: Readonly<Record<string, string>> = {
  'reasoning.max_tokens': 'thinking.budget_tokens',
  reasoning_max_tokens: 'thinking.budget_tokens',
  'reasoning.enabled': 'thinking',
  'reasoning.display': 'thinking.display',
  reasoning_display: 'thinking.display',
}

/** An effort may stand for either: for the member that the client gave. */
function reasoningName(path: string, body: JsonObject): string {
  const known = reasoningNames[path]
  if (known !== undefined) return known
  const effort = objectOf(body['output_config'])?.['effort']
  const isEffort = path === 'reasoning_effort' || path === 'reasoning.effort'
  if (isEffort || body['thinking'] === undefined) return effort === undefined ? 'thinking' : 'output_config.effort'
  return path.replace(/^reasoning/, 'thinking')
}

/** Lists of one kind of block that a chat completion message has beside its content. */
const lists: Readonly<Record<string, Block['type']>> = {
  tool_calls: 'tool-call',
  reasoning_details: 'reasoning',
  reasoning: 'reasoning',
  reasoning_content: 'reasoning',
  annotations: 'text',
}

/** One request may have many places that are to be named. */
const known = new WeakMap<JsonObject, Piece[]>()

function piecesOf(body: JsonObject): Piece[] {
  let pieces = known.get(body)
  if (pieces === undefined) {
    pieces = decodePieces(body)
    known.set(body, pieces)
  }
  return pieces
}

function messageName(path: string, body: JsonObject): string {
  const [, index, list, position, rest = ''] =
    /^messages\[(\d+)\](?:\.(content|tool_calls|reasoning_details|reasoning_content|reasoning|annotations)(?:\[(\d+)\])?)?(.*)$/s.exec(
      path,
    ) ?? []
  const piece = piecesOf(body)[Number(index)]
  if (index === undefined || piece === undefined) return path
  if (list === undefined) return piece.at + memberName(rest, piece)
  const at = listed(piece, list)[Number(position ?? 0)]
  if (at === undefined) return piece.at + memberName(rest, piece)
  if (rest === '.cache_control' && isMarkOfAll(piece, at, body)) return 'cache_control'
  return at + (list === 'annotations' ? '.citations' : '') + blockMember(rest)
}

const places = new WeakMap<Piece, Map<string, readonly string[]>>()

/** Where the blocks of one of its lists stand. */
function listed(piece: Piece, list: string): readonly string[] {
  const known = places.get(piece) ?? new Map<string, readonly string[]>()
  places.set(piece, known)
  let found = known.get(list)
  if (found === undefined) {
    const isIn = (block: Block) => (list === 'content' ? isPart(block) : block.type === lists[list])
    found = piece.blocksAt.filter((_, index) => isIn(piece.message.content[index]!))
    known.set(list, found)
  }
  return found
}

function memberName(rest: string, { message, at }: Piece): string {
  if (message.role === 'tool') return rest.replace(/^\.tool_call_id\b/, '.tool_use_id')
  // A mark on a message is one on what it says.
  return at === 'system' && rest === '.content' ? '' : rest
}

/** The mark stands at the top of the request and at no block. */
function isMarkOfAll(piece: Piece, at: string, body: JsonObject): boolean {
  if (objectOf(body['cache_control']) === undefined || at !== piece.blocksAt.at(-1)) return false
  if (piece !== piecesOf(body).at(-1)) return false
  const last = decodePieces({ ...body, cache_control: null }).at(-1)
  return last?.message.content.at(-1)?.cacheControl === undefined
}

/** Members of a block by the names of a chat completion's part, and by those of this wire. */
const blockMembers: Readonly<Record<string, string>> = {
  '.function.arguments': '.input',
  '.custom.input': '.input',
  '.function.name': '.name',
  '.custom.name': '.name',
  '.function': '',
  '.image_url.url': '.source',
  '.image_url': '.source',
  '.file.file_data': '.source',
  '.file.file_url': '.source.url',
  '.file.file_id': '.source.file_id',
  '.file.filename': '.title',
  '.file': '.source',
  '.annotations': '.citations',
}

function blockMember(rest: string): string {
  return textOf(blockMembers[rest]) ?? rest
}
