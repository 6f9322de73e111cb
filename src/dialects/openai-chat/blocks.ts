/** Content parts of a message and the blocks they are. https://platform.openai.com/docs/api-reference/chat/create */
import type { AudioBlock, Block, FileBlock, ImageBlock, Marks, Source, VideoBlock } from '../../core/chat.ts'
import { type Keeper, type Known, unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { readDataUri } from '../../core/media-types.ts'
import { defined, objectOf, objectsOf, textOf } from '../../core/wire.ts'

/** Marks that any part may carry. */
export const markNames = {
  cache_control: { type: true, ttl: true, scope: true },
  citations: { enabled: true },
} as const satisfies Known

/** For each type of part: what it is, and the names it is made of. */
const partTypes: Readonly<Record<string, { names: Known; decode(part: JsonObject): Block | undefined }>> = {
  text: {
    names: { text: true },
    decode: ({ text }) => ({ type: 'text', text: textOf(text) ?? '' }),
  },
  image_url: {
    names: { image_url: { url: true, file_id: true, detail: true } },
    decode: ({ image_url }) => {
      const image = objectOf(image_url)
      const source = sourceOf(image?.['url'], image?.['file_id'])
      return source && defined({ type: 'image' as const, source, detail: textOf(image?.['detail']) })
    },
  },
  input_audio: {
    names: { input_audio: { data: true, format: true } },
    decode: ({ input_audio }) => {
      const audio = objectOf(input_audio)
      const data = textOf(audio?.['data'])
      if (data === undefined) return undefined
      return defined({
        type: 'audio' as const,
        source: { kind: 'data' as const, data },
        format: textOf(audio?.['format']),
      })
    },
  },
  video_url: {
    names: { video_url: { url: true } },
    decode: ({ video_url }) => {
      const source = sourceOf(objectOf(video_url)?.['url'], undefined)
      return source && { type: 'video', source }
    },
  },
  file: {
    names: { file: { file_data: true, file_url: true, file_id: true, filename: true, file_type: true } },
    decode: ({ file }) => decodeFile(objectOf(file) ?? {}),
  },
  refusal: {
    names: { refusal: true },
    decode: ({ refusal }) => ({ type: 'refusal', text: textOf(refusal) ?? '' }),
  },
  // Anthropic's shape of a file.
  document: {
    names: { source: { type: true, data: true, media_type: true, url: true, file_id: true }, title: true },
    decode: ({ source, title }) => decodeDocument(objectOf(source) ?? {}, textOf(title)),
  },
  // Mistral's reasoning stands among the content. https://docs.mistral.ai/capabilities/reasoning/
  thinking: {
    names: { thinking: true, signature: true },
    decode: ({ thinking, signature }) =>
      defined({
        type: 'reasoning' as const,
        kind: 'text' as const,
        text: thoughtText(thinking),
        signature: textOf(signature),
      }),
  },
}

/** A text is one block; a list is a block for each part. Null and absent are none. */
export function decodeContent(content: Json | undefined): Block[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return objectsOf(content).map(decodePart)
}

export function decodePart(part: JsonObject): Block {
  const { type } = part
  const known = typeof type === 'string' && Object.hasOwn(partTypes, type) ? partTypes[type] : undefined
  const block = known?.decode(part)
  if (known === undefined || block === undefined) return { type: 'unknown', value: part }
  return Object.assign(block, decodeMarks(part, { type: true, ...known.names }))
}

/** Marks, and whatever has no name in `names`. */
export function decodeMarks(wire: JsonObject, names: Known): Marks {
  const citations = objectOf(wire['citations'])
  return defined({
    cacheControl: decodeCacheControl(wire['cache_control']),
    citations: citations && { enabled: citations['enabled'] === true },
    extra: unknownFields(wire, { ...markNames, ...names }),
  })
}

export function decodeCacheControl(wire: Json | undefined): Marks['cacheControl'] {
  const cache = objectOf(wire)
  return (
    cache && defined({ type: textOf(cache['type']) ?? '', ttl: textOf(cache['ttl']), scope: textOf(cache['scope']) })
  )
}

export function encodeMarks({ cacheControl, citations }: Marks): JsonObject {
  return defined({ cache_control: cacheControl && { ...cacheControl }, citations: citations && { ...citations } })
}

/** The part a block is on this wire; undefined where it is none. */
export function encodePart(block: Block, keeper: Keeper, path: string): JsonObject | undefined {
  if (block.type === 'unknown' && keeper.own) return block.value
  const part = partOf(block, keeper, path)
  if (part === undefined) keeper.lose(path)
  return part && keeper.put({ ...part, ...encodeMarks(block) }, block.extra, path)
}

function partOf(block: Block, keeper: Keeper, path: string): JsonObject | undefined {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text }
    case 'refusal':
      return { type: 'refusal', refusal: block.text }
    case 'image':
      return encodeImage(block)
    case 'audio':
      return encodeSound(block)
    case 'video':
      return encodeVideo(block)
    case 'file':
      return encodeFile(block, keeper, path)
    default:
      return undefined
  }
}

function encodeImage({ source, detail }: ImageBlock): JsonObject | undefined {
  const where = source.kind === 'id' ? { file_id: source.id } : urlOf(source)
  return where && { type: 'image_url', image_url: defined({ ...where, detail }) }
}

function encodeVideo({ source }: VideoBlock): JsonObject | undefined {
  const where = urlOf(source)
  return where && { type: 'video_url', video_url: where }
}

function encodeSound({ source, format }: AudioBlock): JsonObject | undefined {
  if (source?.kind !== 'data') return undefined
  // The format is the end of the media type: `audio/wav`.
  return {
    type: 'input_audio',
    input_audio: defined({ data: source.data, format: format ?? source.mediaType?.replace('audio/', '') }),
  }
}

function encodeFile({ source, filename, fileType }: FileBlock, keeper: Keeper, path: string): JsonObject {
  const names = defined({ filename, file_type: fileType })
  switch (source.kind) {
    case 'id':
      return { type: 'file', file: { file_id: source.id, ...names } }
    case 'url':
      return { type: 'file', file: { [isDataUri(source.url) ? 'file_data' : 'file_url']: source.url, ...names } }
    case 'data':
      return { type: 'file', file: { file_data: dataText(source), ...names } }
    case 'text':
      // This wire has no plain-text files; what it says can be said as text, which has no name.
      if (filename !== undefined) keeper.lose(`${path}.file.filename`)
      if (fileType !== undefined) keeper.lose(`${path}.file.file_type`)
      return { type: 'text', text: source.text }
  }
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

function decodeDocument(source: JsonObject, title: string | undefined): FileBlock | undefined {
  const found = documentSource(source)
  return found && defined({ type: 'file' as const, source: found, filename: title })
}

function documentSource({ type, data, media_type, url, file_id }: JsonObject): Source | undefined {
  const content = textOf(data)
  if (content === undefined) return sourceOf(url, file_id)
  if (type === 'text') return { kind: 'text', text: content }
  return defined({ kind: 'data' as const, mediaType: textOf(media_type), data: content })
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
  return dataSource(data) ?? (isDataUri(data) ? { kind: 'url', url: data } : { kind: 'data', data })
}

function isDataUri(text: string): boolean {
  return /^data:/i.test(text)
}

function dataText({ mediaType, data }: Source & { kind: 'data' }): string {
  return mediaType === undefined ? data : `data:${mediaType};base64,${data}`
}

function urlOf(source: Source): { url: string } | undefined {
  if (source.kind === 'url') return { url: source.url }
  return source.kind === 'data' ? { url: dataText({ mediaType: 'application/octet-stream', ...source }) } : undefined
}

/** A list of text parts, or just a text. */
function thoughtText(thinking: Json | undefined): string {
  if (typeof thinking === 'string') return thinking
  return objectsOf(thinking)
    .map((part) => textOf(part['text']) ?? '')
    .join('')
}
