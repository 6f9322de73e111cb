/**
 * Parts of an item's content and the blocks they are.
 * https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
 */
import type { Annotation, Block, Extra, FileBlock, Marks, Source } from '../../core/chat.ts'
import { type Known, unknownFields, withoutNulls } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { readDataUri } from '../../core/media-types.ts'
import { defined, numberOf, objectOf, objectsOf, tableOf, textOf } from '../../core/wire.ts'

export const cacheControlNames = { type: true, ttl: true, scope: true } as const satisfies Known

/** Members that parts, items and tools have with others. */
const commonNames = { type: true, cache_control: cacheControlNames } as const satisfies Known

interface PartType {
  /** What it is made of, beside those. */
  readonly names: Known
  /** Undefined: it is not what its type says. */
  decode(part: JsonObject): Block | undefined
}

const textNames = { text: true } as const satisfies Known

const plainText: PartType = { names: textNames, decode: ({ text }) => ({ type: 'text', text: textOf(text) ?? '' }) }

/** For each type of part: what it is, and the names it is made of. */
const partTypes = withCommonNames({
  input_text: plainText,
  text: plainText,
  output_text: {
    // How likely the tokens of an earlier answer were says nothing to who reads it.
    names: { text: true, annotations: true, logprobs: true },
    decode: ({ text, annotations }) => {
      const list = objectsOf(annotations).map(decodeAnnotation)
      return defined({
        type: 'text' as const,
        text: textOf(text) ?? '',
        annotations: list.length === 0 ? undefined : list,
      })
    },
  },
  refusal: {
    names: { refusal: true },
    decode: ({ refusal }) => ({ type: 'refusal', text: textOf(refusal) ?? '' }),
  },
  reasoning_text: {
    names: textNames,
    decode: ({ text }) => ({ type: 'reasoning', kind: 'text', text: textOf(text) ?? '' }),
  },
  summary_text: {
    names: textNames,
    decode: ({ text }) => ({ type: 'reasoning', kind: 'summary', text: textOf(text) ?? '' }),
  },
  input_image: {
    names: { image_url: true, file_id: true, detail: true },
    decode: decodeImage,
  },
  computer_screenshot: {
    names: { image_url: true, file_id: true, detail: true },
    decode: decodeImage,
  },
  input_file: {
    names: { file_data: true, file_url: true, file_id: true, filename: true, file_type: true },
    decode: decodeFile,
  },
  input_audio: {
    names: { input_audio: { data: true, format: true } },
    decode: ({ input_audio }) => {
      const audio = objectOf(input_audio)
      const data = textOf(audio?.['data'])
      if (data === undefined) return undefined
      const source = { kind: 'data' as const, data }
      return defined({ type: 'audio' as const, source, format: textOf(audio?.['format']) })
    },
  },
})

/** Put together once: there may be ten thousand parts. */
function withCommonNames(types: Readonly<Record<string, PartType>>): Readonly<Record<string, PartType>> {
  const whole = Object.entries(types).map(([type, { names, decode }]): [string, PartType] => [
    type,
    { names: { ...commonNames, ...names }, decode },
  ])
  return tableOf(Object.fromEntries(whole))
}

/** A part, and where it stands in the request. */
export interface PlacedBlock {
  readonly block: Block
  readonly at: string
}

/** A text is one block and stands in the place of the first part; a list is a block for each part, one part alone is one as well. */
export function decodeContent(content: Json | undefined, at: string): PlacedBlock[] {
  if (typeof content === 'string') return [{ block: { type: 'text', text: content }, at }]
  const alone = objectOf(content)
  if (alone !== undefined) return [{ block: decodePart(alone), at }]
  return objectsOf(content).map((part, index) => ({ block: decodePart(part), at: `${at}[${index}]` }))
}

function decodePart(part: JsonObject): Block {
  const known = partTypes[textOf(part['type']) ?? '']
  const block = known?.decode(part)
  if (known === undefined || block === undefined) return { type: 'unknown', value: part }
  return Object.assign(block, decodeMarks(part, known.names))
}

/** The mark for the cache, which is one of `names`, and whatever has no name there and says something. */
export function decodeMarks(wire: JsonObject, names: Known): Pick<Marks, 'cacheControl' | 'extra'> {
  return defined({
    cacheControl: decodeCacheControl(wire['cache_control']),
    extra: furtherFields(wire, names),
  })
}

/** What has no name, but for null and for what is as good as nothing said. */
export function furtherFields(wire: JsonObject, names: Known): Extra | undefined {
  const extra = withoutNulls(unknownFields(wire, names))
  if (extra === undefined) return undefined
  for (const [name, usual] of Object.entries(usualValues)) {
    if (Object.hasOwn(extra, name) && JSON.stringify(extra[name]) === usual) delete extra[name]
  }
  return Object.keys(extra).length === 0 ? undefined : extra
}

/** What OpenAI writes into items where nothing was wished for. */
const usualValues: Readonly<Record<string, string>> = {
  caller: '{"type":"direct"}',
  async: 'false',
  defer_loading: 'false',
  detail: '"auto"',
}

export function decodeCacheControl(wire: Json | undefined): Marks['cacheControl'] {
  const cache = objectOf(wire)
  return (
    cache && defined({ type: textOf(cache['type']) ?? '', ttl: textOf(cache['ttl']), scope: textOf(cache['scope']) })
  )
}

function decodeImage({ image_url, file_id, detail }: JsonObject): Block | undefined {
  const source = sourceOf(image_url, file_id)
  return source && defined({ type: 'image' as const, source, detail: textOf(detail) })
}

function decodeFile(file: JsonObject): FileBlock | undefined {
  const data = textOf(file['file_data'])
  const source = data === undefined ? sourceOf(file['file_url'], file['file_id']) : fileSource(data)
  return (
    source &&
    defined({
      type: 'file' as const,
      source,
      filename: textOf(file['filename']),
      fileType: textOf(file['file_type']),
    })
  )
}

/** A data URI is taken apart, so that wires that want type and data apart can have them. */
function sourceOf(url: Json | undefined, id: Json | undefined): Source | undefined {
  if (typeof url === 'string') return dataSource(url) ?? { kind: 'url', url }
  return typeof id === 'string' ? { kind: 'id', id } : undefined
}

function dataSource(uri: string): Source | undefined {
  const read = readDataUri(uri)
  return read && { kind: 'data', ...read }
}

/** Base64 alone, or a data URI; one that is in no base64 is for wires that take it whole. */
function fileSource(data: string): Source {
  return dataSource(data) ?? (/^data:/i.test(data) ? { kind: 'url', url: data } : { kind: 'data', data })
}

const citationNames = {
  type: true,
  url: true,
  title: true,
  start_index: true,
  end_index: true,
} as const satisfies Known

/** What is cited in an answer of this wire. */
export function decodeAnnotation(annotation: JsonObject): Annotation {
  const url = textOf(annotation['url'])
  if (annotation['type'] !== 'url_citation' || url === undefined) return { type: 'unknown', value: annotation }
  return defined({
    type: 'url-citation' as const,
    url,
    title: textOf(annotation['title']),
    startIndex: numberOf(annotation['start_index']),
    endIndex: numberOf(annotation['end_index']),
    extra: unknownFields(annotation, citationNames),
  })
}
