/**
 * Messages of a request to the canonical form: the system prompt becomes a message like any other, results of tools become messages of their
 * own, and each piece remembers where the client wrote it.
 * https://platform.claude.com/docs/en/build-with-claude/working-with-messages
 */
import type { Annotation, Block, FileBlock, Message, ReasoningBlock } from '../../core/chat.ts'
import { unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { defined, objectOf, objectsOf, textOf } from '../../core/wire.ts'
import { cacheControlNames, decodeBlock, decodeCacheControl } from './blocks.ts'
import { isWrapped, unwrapCitation, unwrapReasoning } from './wrapped.ts'

/** A canonical message, and where it and each of its blocks stand in the client's request. */
export interface Piece {
  readonly message: Message
  readonly at: string
  readonly blocksAt: readonly string[]
}

export function decodePieces({ system, messages, cache_control }: JsonObject): Piece[] {
  const prompt = contentOf(system, 'system')
  const pieces: Piece[] = []
  if (prompt.length > 0) pieces.push(piece({ role: 'system', content: [] }, 'system', prompt))
  for (const [index, message] of objectsOf(messages).entries()) addMessage(message, `messages[${index}]`, pieces)
  markLast(pieces, decodeCacheControl(cache_control))
  return pieces
}

/** A block of a request, and where it stands there. */
interface Placed {
  readonly wire: JsonObject
  readonly at: string
}

/** A text is one block, and stands where the content does. */
function contentOf(content: Json | undefined, at: string): Placed[] {
  if (typeof content === 'string') return [{ wire: { type: 'text', text: content }, at }]
  return objectsOf(content).map((wire, index) => ({ wire, at: `${at}[${index}]` }))
}

function piece(message: Message, at: string, placed: readonly Placed[]): Piece {
  const content = placed.map(({ wire }) => decodeRequestBlock(wire))
  return { message: { ...message, content }, at, blocksAt: placed.map((block) => block.at) }
}

/** Results and what the user says beside them follow each other as they were written. */
function addMessage(message: JsonObject, at: string, pieces: Piece[]): void {
  const role = message['role'] as 'user' | 'assistant' | 'system'
  const base = defined({
    role,
    content: [],
    extra: unknownFields(message, { role: true, content: true }),
  })
  let said: Placed[] = []
  const end = () => {
    if (said.length > 0) pieces.push(piece(base, at, said))
    said = []
  }
  const content = contentOf(message['content'], `${at}.content`)
  for (const block of content) {
    if (role !== 'user' || block.wire['type'] !== 'tool_result') said.push(block)
    else {
      end()
      pieces.push(resultPiece(block))
    }
  }
  if (content.length === 0) pieces.push(piece(base, at, []))
  end()
}

const resultNames = {
  type: true,
  tool_use_id: true,
  content: true,
  is_error: true,
  cache_control: cacheControlNames,
} as const

function resultPiece({ wire, at }: Placed): Piece {
  const message: Message = defined({
    role: 'tool' as const,
    toolCallId: textOf(wire['tool_use_id']) ?? '',
    content: [],
    isError: wire['is_error'] === true ? true : undefined,
    cacheControl: decodeCacheControl(wire['cache_control']),
    extra: unknownFields(wire, resultNames),
  })
  // A result that says nothing is an empty one.
  const content = contentOf(wire['content'], `${at}.content`)
  return piece(message, at, content.length > 0 ? content : contentOf('', `${at}.content`))
}

/** A mark on the request as a whole is one on its last block. */
function markLast(pieces: Piece[], mark: Block['cacheControl']): void {
  const message = pieces.at(-1)?.message
  if (mark === undefined || message === undefined) return
  if (message.role === 'tool') message.cacheControl ??= mark
  else {
    const block = message.content.at(-1)
    if (block !== undefined) block.cacheControl ??= mark
  }
}

function decodeRequestBlock(wire: JsonObject): Block {
  if (wire['type'] === 'search_result') return decodeSearchResult(wire)
  const block = decodeBlock(wire)
  if (block.type === 'reasoning') return restoredThought(block)
  if (block.type === 'file') return withoutItsBlocks(block)
  if (block.type !== 'text' || block.annotations === undefined) return block
  return { ...block, annotations: block.annotations.map(restoredCitation) }
}

/** What the client found itself is a text with a name; where it was found is said in it, as no other wire has a place for that. */
function decodeSearchResult(wire: JsonObject): Block {
  const { title, source, content } = wire
  const texts = [title, source, ...objectsOf(content).map(({ text }) => text)].map((text) => textOf(text) ?? '')
  const citations = objectOf(wire['citations'])
  return defined({
    type: 'file' as const,
    source: { kind: 'text' as const, text: texts.filter((text) => text !== '').join('\n') },
    filename: textOf(title),
    cacheControl: decodeCacheControl(wire['cache_control']),
    citations: citations && { enabled: citations['enabled'] === true },
    extra: unknownFields(wire, {
      type: true,
      title: true,
      source: true,
      content: true,
      citations: { enabled: true },
      cache_control: cacheControlNames,
    }),
  })
}

/** A document that was given in blocks of text says what they say. */
function withoutItsBlocks(block: FileBlock): Block {
  if (block.source.kind !== 'text' || block.extra?.['source'] === undefined) return block
  const { source: _, ...extra } = block.extra
  const { extra: __, ...file } = block
  return Object.keys(extra).length === 0 ? file : { ...file, extra }
}

/** A thought that another provider had comes back wrapped; one without a signature is nobody's in particular. */
function restoredThought(block: ReasoningBlock): Block {
  const { signature, data, format: _, ...unsigned } = block
  const sealed = signature ?? data
  if (isWrapped(sealed)) return unwrapReasoning(sealed, block.text)
  return sealed === undefined || sealed === '' ? unsigned : block
}

function restoredCitation(annotation: Annotation): Annotation {
  if (annotation.type !== 'url-citation') return annotation
  const index = annotation.extra?.['encrypted_index']
  if (!isWrapped(index)) return annotation
  const { type, url, title } = annotation
  return defined({ type, url, title, ...unwrapCitation(index) })
}
