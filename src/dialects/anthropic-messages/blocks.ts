/** Content blocks of a message and the canonical blocks they are, both ways. https://platform.claude.com/docs/en/api/messages */
import type { Block, FileBlock, Marks, ReasoningBlock, TextBlock } from '../../core/chat.ts'
import { type Keeper, type Known, unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { inputOf } from '../../core/tool-input.ts'
import { defined, listOf, objectOf, objectsOf, textOf, wordsOf } from '../../core/wire.ts'
import { decodeCitation, encodeCitations } from './citations.ts'
import { reasoningFormat } from './name.ts'
import { decodeSource, encodeFileSource, encodeImageSource, sourceNames } from './sources.ts'

/** The names of a mark on a block. */
export const cacheControlNames = { type: true, ttl: true, scope: true } as const satisfies Known

/** For each type of block: the names it is made of, and what it is. Results of tools are messages of their own and not among them. */
const blockTypes: Readonly<Record<string, { names: Known; decode(wire: JsonObject): Block | undefined }>> = {
  text: {
    names: { text: true, citations: true },
    decode: ({ text, citations }) => decodeText(textOf(text) ?? '', citations),
  },
  thinking: {
    names: { thinking: true, signature: true },
    decode: ({ thinking, signature }) =>
      defined({
        type: 'reasoning' as const,
        kind: 'text' as const,
        text: wordsOf(thinking),
        signature: textOf(signature),
        format: reasoningFormat,
      }),
  },
  redacted_thinking: {
    names: { data: true },
    decode: ({ data }) =>
      defined({ type: 'reasoning' as const, kind: 'encrypted' as const, data: textOf(data), format: reasoningFormat }),
  },
  tool_use: {
    names: { id: true, name: true, input: true },
    decode: ({ id, name, input }) => ({
      type: 'tool-call',
      kind: 'function',
      id: textOf(id) ?? '',
      name: textOf(name) ?? '',
      arguments: inputText(input),
    }),
  },
  image: {
    names: { source: sourceNames },
    decode: ({ source }) => {
      const found = decodeSource(objectOf(source) ?? {})
      return found && { type: 'image', source: found }
    },
  },
  document: {
    names: { source: sourceNames, title: true, citations: { enabled: true } },
    decode: ({ source, title, citations }) => {
      const found = decodeSource(objectOf(source) ?? {})
      const cited = objectOf(citations)
      return (
        found &&
        defined({
          type: 'file' as const,
          source: found,
          filename: textOf(title),
          citations: cited && { enabled: cited['enabled'] === true },
        })
      )
    },
  },
}

/** A block of a type without a name here (server tools, their results, what is new) stays whole. */
export function decodeBlock(wire: JsonObject): Block {
  const { type } = wire
  const known = typeof type === 'string' && Object.hasOwn(blockTypes, type) ? blockTypes[type] : undefined
  const block = known?.decode(wire)
  if (known === undefined || block === undefined) return { type: 'unknown', value: wire }
  const said = withoutSilence(wire)
  const extra = unknownFields(said, { type: true, cache_control: cacheControlNames, ...known.names })
  return Object.assign(block, defined({ cacheControl: decodeCacheControl(wire['cache_control']), extra }))
}

/** Null is how this API says nothing, and a caller that is no tool is what every call has. */
function withoutSilence(wire: JsonObject): JsonObject {
  const said: JsonObject = {}
  for (const name in wire) {
    const value = wire[name]
    if (value !== null && !(name === 'caller' && objectOf(value)?.['type'] === 'direct')) said[name] = value
  }
  return said
}

function decodeText(text: string, citations: Json | undefined): TextBlock {
  const annotations = objectsOf(citations).map((citation) => decodeCitation(citation, text.length))
  return annotations.length === 0 ? { type: 'text', text } : { type: 'text', text, annotations }
}

/** A text is one block, a list a block for each member. */
export function decodeContent(content: Json | undefined): Block[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return objectsOf(listOf(content)).map(decodeBlock)
}

/** What a tool is called with, as text. Some servers send the text itself. */
export function inputText(input: Json | undefined): string {
  return typeof input === 'string' ? input : JSON.stringify(input ?? {})
}

export function decodeCacheControl(wire: Json | undefined): Marks['cacheControl'] {
  const cache = objectOf(wire)
  return (
    cache && defined({ type: textOf(cache['type']) ?? '', ttl: textOf(cache['ttl']), scope: textOf(cache['scope']) })
  )
}

/** `scope` is no documented member and goes only to those who said it here. */
export function encodeCacheControl(mark: Marks['cacheControl'], keeper: Keeper, path: string): JsonObject | undefined {
  if (mark === undefined) return undefined
  const { type, ttl, scope } = mark
  if (scope !== undefined && !keeper.own) keeper.lose(`${path}.cache_control.scope`)
  return defined({ type, ttl, scope: keeper.own ? scope : undefined })
}

/**
 * The block on this wire; undefined where it has no such block, and nothing is said of it. `path` is where it stands in a chat completion
 * request.
 */
export function encodeBlock(block: Block, keeper: Keeper, path: string): JsonObject | undefined {
  if (block.type === 'unknown') return keeper.own ? block.value : undefined
  const wire = encodeKnown(block, keeper, path)
  if (wire === undefined) return undefined
  const mark = encodeCacheControl(block.cacheControl, keeper, path)
  const { extra } = block
  return keeper.put(mark === undefined ? wire : { ...wire, cache_control: mark }, ownExtra(block, extra), path)
}

function encodeKnown(block: Block, keeper: Keeper, path: string): JsonObject | undefined {
  switch (block.type) {
    case 'text':
      return encodeText(block, keeper, path)
    case 'refusal':
      return { type: 'text', text: block.text }
    case 'reasoning':
      return encodeThinking(block)
    case 'tool-call': {
      const input = inputOf(block)
      return input && { type: 'tool_use', id: block.id, name: block.name, input }
    }
    case 'image': {
      const source = encodeImageSource(block)
      if (source !== undefined && block.detail !== undefined && block.detail !== 'auto')
        keeper.lose(`${path}.image_url.detail`)
      return source && { type: 'image', source }
    }
    case 'file':
      if ((block.filename?.length ?? 0) > longestTitle) keeper.lose(`${path}.file.filename`)
      return encodeFile(block)
    default:
      return undefined
  }
}

function encodeText({ text, annotations }: TextBlock, keeper: Keeper, path: string): JsonObject {
  const citations = annotations === undefined ? [] : encodeCitations(annotations, keeper, path)
  return citations.length === 0 ? { type: 'text', text } : { type: 'text', text, citations }
}

/** Undefined for thoughts that nothing proves to be Claude's: the API takes back only what it signed. */
export function encodeThinking({ kind, text, signature, data, format }: ReasoningBlock): JsonObject | undefined {
  if (format !== undefined && format !== reasoningFormat) return undefined
  if (kind === 'encrypted') return data === undefined ? undefined : { type: 'redacted_thinking', data }
  return signature === undefined ? undefined : { type: 'thinking', thinking: text ?? '', signature }
}

const longestTitle = 500

function encodeFile(block: FileBlock): JsonObject | undefined {
  const found = encodeFileSource(block)
  if (found === undefined || found.type === 'image') return found
  const { filename, citations, extra } = block
  // A source made of blocks goes back as it was written; what it says as one text is for others.
  const content = objectOf(extra?.['source'])?.['content']
  return defined({
    type: 'document',
    source: content === undefined ? found.source : { type: 'content', content },
    title: filename?.slice(0, longestTitle) || undefined,
    context: wordsOf(extra?.['context']),
    citations: citations && { ...citations },
  })
}

/** What `encodeFile` has seen to is not laid over it again. */
function ownExtra(block: Block, extra: Marks['extra']): Marks['extra'] {
  if (block.type !== 'file' || extra === undefined) return extra
  const { context, source, ...rest } = extra
  return defined({
    ...rest,
    context: typeof context === 'string' ? undefined : context,
    source: objectOf(source)?.['content'] === undefined ? source : undefined,
  })
}
