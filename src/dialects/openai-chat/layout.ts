/**
 * How the blocks of another dialect's turn lay before they were put flat into a message: told as one more reasoning detail, of type
 * `reasoning.content_blocks`, where the flat members would not say it, so that a turn which a client sends back becomes again what it was.
 * Its `blocks` name the flat members in order; what has no place among them is in it whole.
 */
import type { Annotation, Block, BlockStart, Extra, TextBlock } from '../../core/chat.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { defined, numberOf, objectOf, objectsOf, textOf } from '../../core/wire.ts'

export const layoutType = 'reasoning.content_blocks'

/** Between texts that something else stood between; texts side by side are one. */
const separator = '\n\n'

/** One block: so many characters of a text, the next member of a list, or a block that is nowhere else. */
type Piece =
  | { type: 'text'; length: number; annotations?: Annotation[]; extra?: Extra }
  | { type: 'refusal'; length: number }
  | { type: 'reasoning' | 'image' | 'audio' | 'tool_call'; extra?: Extra }
  | { type: 'block'; block: JsonObject }

/** The order in which flat members become blocks. */
const ranks = { reasoning: 0, text: 1, image: 2, refusal: 3, audio: 4, tool_call: 5, block: 6 } as const

const pieceTypes: Readonly<Record<string, Piece['type']>> = {
  text: 'text',
  refusal: 'refusal',
  reasoning: 'reasoning',
  image: 'image',
  audio: 'audio',
  'tool-call': 'tool_call',
  unknown: 'block',
}

/** A turn while it is told block by block; says where its texts have to be parted, too. */
export class TurnLayout {
  readonly #pieces: Piece[] = []
  /** By the number of their block, those that may still grow. */
  readonly #byBlock = new Map<number, Piece>()
  /** Where each text begins in the flat one. */
  readonly #places = new Map<number, number>()
  #lastPlace = 0
  #length = 0
  #parted = false
  #unsayable = false

  /** May be said again of the same block. */
  begin(index: number, block: Block | BlockStart): void {
    if (this.#byBlock.has(index)) return
    const type = pieceTypes[block.type]
    if (type === undefined) {
      this.#unsayable = true
      return
    }
    const piece = emptyPiece(type, block)
    this.#pieces.push(piece)
    this.#byBlock.set(index, piece)
    if (type !== 'text' && this.#length > 0) this.#parted = true
  }

  /** Gives the text as it goes into the flat one. */
  say(index: number, text: string): string {
    const piece = this.#byBlock.get(index)
    if (piece?.type === 'refusal') piece.length += text.length
    if (piece?.type !== 'text' || text === '') return text
    piece.length += text.length
    const said = this.#parted && !this.#places.has(index) ? separator + text : text
    if (!this.#places.has(index)) {
      this.#lastPlace = this.#length + said.length - text.length
      this.#places.set(index, this.#lastPlace)
      this.#parted = false
    }
    this.#length += said.length
    return said
  }

  /** Gives the annotations with their places in the flat text. */
  cite(index: number, annotations: readonly Annotation[]): Annotation[] {
    const piece = this.#byBlock.get(index)
    if (piece?.type === 'text') piece.annotations = [...(piece.annotations ?? []), ...annotations]
    // What is told behind a text that has ended points into it.
    const place = this.#places.get(index) ?? this.#lastPlace
    return place === 0 ? [...annotations] : annotations.map((annotation) => shifted(annotation, place))
  }

  keep(index: number, extra: Extra): void {
    const piece = this.#byBlock.get(index)
    if (piece !== undefined && piece.type !== 'block' && piece.type !== 'refusal')
      piece.extra = { ...piece.extra, ...extra }
  }

  /** The detail that tells it; undefined where the flat members say as much. `index` is its place among the details. */
  detail(dialect: string, index: number): JsonObject | undefined {
    if (this.#unsayable || isFlat(this.#pieces)) return undefined
    return { index, type: layoutType, format: dialect, blocks: this.#pieces as unknown as JsonObject[] }
  }
}

function emptyPiece(type: Piece['type'], block: Block | BlockStart): Piece {
  if (type === 'text' || type === 'refusal') return { type, length: 0 }
  if (type === 'block') return { type, block: block.type === 'unknown' ? block.value : {} }
  return { type }
}

function isFlat(pieces: readonly Piece[]): boolean {
  let rank = -1
  for (const piece of pieces) {
    const next = ranks[piece.type]
    const again = piece.type === 'text' || piece.type === 'refusal' ? next <= rank : next < rank
    if (again || piece.type === 'block' || ('extra' in piece && piece.extra !== undefined)) return false
    if (piece.type === 'text' && piece.annotations !== undefined && !areFlat(piece.annotations)) return false
    rank = next
  }
  return true
}

/** Do annotations come back from the flat message as they are, and in their order? Those of pages stand before those of files there. */
function areFlat(annotations: readonly Annotation[]): boolean {
  const firstFile = annotations.findIndex(({ type }) => type === 'unknown')
  const isOrdered = firstFile === -1 || annotations.slice(firstFile).every(({ type }) => type === 'unknown')
  return isOrdered && annotations.every(isPlain)
}

/** Does an annotation come back whole from the flat message? */
function isPlain(annotation: Annotation): boolean {
  return annotation.type === 'url-citation'
    ? annotation.extra === undefined
    : annotation.value['type'] === 'file_citation'
}

function shifted(annotation: Annotation, by: number): Annotation {
  if (annotation.type === 'url-citation') {
    const { startIndex, endIndex } = annotation
    return {
      ...annotation,
      ...(startIndex !== undefined && { startIndex: startIndex + by }),
      ...(endIndex !== undefined && { endIndex: endIndex + by }),
    }
  }
  const file = objectOf(annotation.value['file_citation'])
  if (file === undefined) return annotation
  const moved: JsonObject = { ...file }
  for (const name of ['start_index', 'end_index']) {
    const index = numberOf(file[name])
    if (index !== undefined) moved[name] = index + by
  }
  return { type: 'unknown', value: { ...annotation.value, file_citation: moved } }
}

/** A whole turn as it goes into a flat message: its texts in one, with annotations that point into it, and how it lay. */
export function laidFlat(blocks: readonly Block[]): { blocks: Block[]; text: string; layout: TurnLayout } {
  const layout = new TurnLayout()
  let text = ''
  const flat = blocks.map((block, index) => {
    layout.begin(index, block)
    if (block.extra !== undefined) layout.keep(index, block.extra)
    if (block.type === 'refusal') layout.say(index, block.text)
    if (block.type !== 'text') return block
    text += layout.say(index, block.text)
    return block.annotations === undefined ? block : { ...block, annotations: layout.cite(index, block.annotations) }
  })
  return { blocks: flat, text, layout }
}

/** The flat members of a turn, each list with what has not been placed yet. */
interface FlatMembers {
  readonly reasoning: Block[]
  readonly image: Block[]
  readonly audio: Block[]
  readonly tool_call: Block[]
  text: string
  refusal: string
  /** The flat text itself, with its marks. */
  marked: TextBlock | undefined
}

/** A turn that came back, as it lay. One that a client has changed since stays flat, its layout an unknown detail. */
export function restoredTurn(blocks: Block[]): Block[] {
  const at = blocks.findLastIndex(isLayout)
  if (at === -1) return blocks
  const layout = (blocks[at] as Block & { type: 'unknown' }).value
  const rest = blocks.toSpliced(at, 1)
  const members = flatMembers(rest)
  return (members && placed(objectsOf(layout['blocks']), members, textOf(layout['format']))) ?? blocks
}

function isLayout(block: Block): boolean {
  return block.type === 'unknown' && block.place === 'reasoning-details' && block.value['type'] === layoutType
}

/** Undefined where there is more than a layout can tell of. */
function flatMembers(blocks: readonly Block[]): FlatMembers | undefined {
  const members: FlatMembers = {
    reasoning: [],
    image: [],
    audio: [],
    tool_call: [],
    text: '',
    refusal: '',
    marked: undefined,
  }
  for (const block of blocks) {
    switch (block.type) {
      case 'text':
        if (members.marked !== undefined) return undefined
        members.marked = block
        members.text = block.text
        break
      case 'refusal':
        members.refusal += block.text
        break
      case 'reasoning':
      case 'image':
      case 'audio':
        members[block.type].push(block)
        break
      case 'tool-call':
        members.tool_call.push(block)
        break
      default:
        return undefined
    }
  }
  return members
}

/** Undefined where the members are not those of the layout. */
function placed(pieces: JsonObject[], members: FlatMembers, dialect: string | undefined): Block[] | undefined {
  const blocks: Block[] = []
  let read = 0
  let refused = 0
  let parted = false
  let lastText: TextBlock | undefined
  for (const piece of pieces) {
    const length = numberOf(piece['length']) ?? 0
    const extra = objectOf(piece['extra']) as Extra | undefined
    const origin = extra === undefined ? {} : defined({ extra, dialect })
    if (piece['type'] !== 'text' && read > 0) parted = true
    switch (piece['type']) {
      case 'text': {
        if (length > 0 && parted) {
          if (!members.text.startsWith(separator, read)) return undefined
          read += separator.length
          parted = false
        }
        const annotations = annotationsOf(piece)
        lastText = defined({
          type: 'text' as const,
          text: members.text.slice(read, read + length),
          annotations,
          ...origin,
        })
        read += length
        blocks.push(lastText)
        break
      }
      case 'refusal':
        blocks.push({ type: 'refusal', text: members.refusal.slice(refused, refused + length) })
        refused += length
        break
      case 'reasoning':
      case 'image':
      case 'audio':
      case 'tool_call': {
        const next = members[piece['type']].shift()
        if (next === undefined) return undefined
        blocks.push({ ...next, ...origin })
        break
      }
      case 'block': {
        const value = objectOf(piece['block'])
        if (value === undefined) return undefined
        blocks.push(defined({ type: 'unknown' as const, value, dialect }))
        break
      }
      default:
        return undefined
    }
  }
  if (read !== members.text.length || refused !== members.refusal.length) return undefined
  if (Object.values(members).some((list) => Array.isArray(list) && list.length > 0)) return undefined
  if (lastText !== undefined) Object.assign(lastText, marksOf(members.marked))
  return blocks
}

function marksOf(block: TextBlock | undefined): Partial<TextBlock> {
  return defined({ cacheControl: block?.cacheControl, citations: block?.citations })
}

function annotationsOf(piece: JsonObject): Annotation[] | undefined {
  const annotations = objectsOf(piece['annotations']).filter(
    ({ type, url, value }) => (type === 'url-citation' && typeof url === 'string') || isJsonObject(value),
  )
  return annotations.length === 0 ? undefined : (annotations as unknown as Annotation[])
}

/**
 * Details that a client gathered from a stream without joining them: pieces of one detail have its type and its index, and follow each other.
 */
export function joinedDetails(details: readonly JsonObject[]): JsonObject[] {
  const joined: JsonObject[] = []
  for (const detail of details) {
    const last = joined.at(-1)
    if (last !== undefined && goesOnWith(last, detail)) joined[joined.length - 1] = withPiece(last, detail)
    else joined.push(detail)
  }
  return joined
}

/** What a signature has been put under is complete. */
function goesOnWith(last: JsonObject, detail: JsonObject): boolean {
  return (
    numberOf(detail['index']) !== undefined &&
    detail['index'] === last['index'] &&
    detail['type'] === last['type'] &&
    detail['type'] !== layoutType &&
    (detail['id'] ?? null) === (last['id'] ?? null) &&
    (last['signature'] ?? null) === null
  )
}

function withPiece(last: JsonObject, piece: JsonObject): JsonObject {
  const whole: JsonObject = { ...last }
  for (const name in piece) {
    const more = piece[name]
    const grows = name === 'text' || name === 'summary' || name === 'data'
    const before = whole[name]
    if (grows && typeof more === 'string' && typeof before === 'string') whole[name] = before + more
    else if (more !== null && more !== undefined) whole[name] = more
  }
  return whole
}
