/**
 * What a client of this wire calls a place in its request. Inside the house places are told as paths of a chat completion request, where an
 * assistant's turn is one message and tools have their members in an object of their own.
 */
import { isPart } from '../../core/block-places.ts'
import type { Block } from '../../core/chat.ts'
import type { RequestText } from '../../core/dialect.ts'
import type { JsonObject } from '../../core/json.ts'
import { listOf, objectOf, tableOf } from '../../core/wire.ts'
import { decodePieces, type Piece } from './decode-items.ts'
import { toolPlaces } from './tool-namespaces.ts'

export function nameOf(path: string, { body }: RequestText): string {
  const [, head = '', rest = ''] = /^(\w+)(.*)$/s.exec(path) ?? []
  switch (head) {
    case 'messages':
      return rest === '' ? 'input' : messageName(path, body)
    case 'tools':
      return toolName(path, body)
    case 'tool_choice':
      return choiceName(rest)
    case 'response_format':
      return formatName(rest, body)
    case 'reasoning':
    case 'reasoning_effort':
    case 'reasoning_max_tokens':
    case 'reasoning_display':
      return reasoningName(path, body)
    case 'logprobs':
    case 'top_logprobs':
      return logprobsName(head, body)
    default:
      return topName(head, rest, path)
  }
}

/** Members at the top that have another name here. */
const renamed = tableOf({
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  verbosity: 'text.verbosity',
  functions: 'tools',
})

function topName(head: string, rest: string, path: string): string {
  const name = renamed[head]
  return name === undefined ? path : name + rest
}

/** A tool in a namespace stands in a list of its own here, and what stands in `function` and `custom` there in the tool itself. */
function toolName(path: string, body: JsonObject): string {
  const [, index, rest = ''] = /^tools\[(\d+)\](.*)$/s.exec(path) ?? []
  if (index === undefined) return path
  const at = toolPlaces(body)[Number(index)] ?? `tools[${index}]`
  return at + rest.replace(/^\.(?:function|custom)(?![\w-])/, '')
}

/** What stands in `function`, `custom` and `allowed_tools` there stands in the choice itself here. */
function choiceName(rest: string): string {
  return `tool_choice${rest.replaceAll(/\.(?:allowed_tools|function|custom)(?![\w-])/g, '')}`
}

/** `text.format`, whose members may stand in an object of their own. */
function formatName(rest: string, body: JsonObject): string {
  const format = objectOf(objectOf(body['text'])?.['format'])
  const isNested = objectOf(format?.['json_schema']) !== undefined
  return `text.format${isNested ? rest : rest.replace(/^\.json_schema(?![\w-])/, '')}`
}

const reasoningNames = tableOf({
  reasoning_effort: 'effort',
  reasoning_max_tokens: 'max_tokens',
  reasoning_display: 'display',
})

function reasoningName(path: string, body: JsonObject): string {
  const member = reasoningNames[path] ?? path.replace(/^reasoning\.?/, '')
  if (member !== 'display') return member === '' ? 'reasoning' : `reasoning.${member}`
  const { summary, generate_summary } = objectOf(body['reasoning']) ?? {}
  return summary == null && generate_summary != null ? 'reasoning.generate_summary' : 'reasoning.summary'
}

/** Whether they are told is a matter of `include`; how many, of `top_logprobs`, which asks for them as well. */
function logprobsName(head: string, body: JsonObject): string {
  const isIncluded = listOf(body['include'])?.some((value) => value === 'message.output_text.logprobs') === true
  return head === 'logprobs' && isIncluded ? 'include' : 'top_logprobs'
}

/** Lists of one kind of block that a chat completion message has beside its content. */
const lists = tableOf<Block['type']>({
  tool_calls: 'tool-call',
  reasoning_details: 'reasoning',
  reasoning: 'reasoning',
  reasoning_content: 'reasoning',
  annotations: 'text',
})

const messagePath =
  /^messages\[(\d+)\](?:\.(content|tool_calls|reasoning_details|reasoning_content|reasoning|annotations)(?![\w-])(?:\[(\d+)\])?)?(.*)$/s

function messageName(path: string, body: JsonObject): string {
  const [, index, list, position, rest = ''] = messagePath.exec(path) ?? []
  const piece = piecesOf(body)[Number(index)]
  if (index === undefined || piece === undefined) return path
  if (list === undefined) return piece.at + memberName(rest)
  const at = listed(piece, list)[Number(position ?? 0)]
  if (at === undefined) return piece.at + memberName(rest)
  // All of what a message says, or one part of it.
  const place = list === 'content' && position === undefined ? at.replace(/(?<=\.\w+)\[\d+\]$/, '') : at
  return place + (list === 'annotations' ? '.annotations' : '') + blockMember(rest)
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

const places = new WeakMap<Piece, Map<string, readonly string[]>>()

/** Where the blocks of one of its lists stand. */
function listed(piece: Piece, list: string): readonly string[] {
  const known = places.get(piece) ?? new Map<string, readonly string[]>()
  places.set(piece, known)
  let found = known.get(list)
  if (found === undefined) {
    const isIn = (block: Block) => (list === 'content' ? isPart(block) : kindOf(block) === lists[list])
    found = piece.blocksAt.filter((_, index) => isIn(piece.message.content[index]!))
    known.set(list, found)
  }
  return found
}

/** A thought that says nothing to this house is one all the same. */
function kindOf(block: Block): Block['type'] {
  return block.type === 'unknown' && block.place === 'reasoning-details' ? 'reasoning' : block.type
}

function memberName(rest: string): string {
  return rest.replace(/^\.tool_call_id(?![\w-])/, '.call_id')
}

/** Members of a block by the names of a chat completion's part, and by those of this wire. */
const blockMembers = tableOf({
  '.function.arguments': '.arguments',
  '.function.name': '.name',
  '.custom.input': '.input',
  '.custom.name': '.name',
  '.id': '.call_id',
  '.function': '',
  '.custom': '',
  '.image_url.url': '.image_url',
  '.image_url.file_id': '.file_id',
  '.image_url.detail': '.detail',
  '.file.file_data': '.file_data',
  '.file.file_url': '.file_url',
  '.file.file_id': '.file_id',
  '.file.filename': '.filename',
  '.file.file_type': '.file_type',
  '.file': '',
})

function blockMember(rest: string): string {
  return blockMembers[rest] ?? rest
}
