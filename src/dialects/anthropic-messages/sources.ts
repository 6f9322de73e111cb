/**
 * Where the bytes of images and documents are, in both languages.
 * https://platform.claude.com/docs/en/build-with-claude/vision, https://platform.claude.com/docs/en/build-with-claude/pdf-support
 */
import { textOfBase64 } from '../../core/bytes.ts'
import type { FileBlock, ImageBlock, Source } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { isTextType, sniffedType } from '../../core/media-types.ts'
import { objectsOf, tableOf, textOf } from '../../core/wire.ts'

/** Members of a source that are taken apart. */
export const sourceNames = { type: true, media_type: true, data: true, url: true, file_id: true } as const

/** Undefined for sources of a kind that is not known, and for content that is not text alone. */
export function decodeSource(source: JsonObject): Source | undefined {
  const { type, media_type, data, url, file_id, content } = source
  if (typeof url === 'string') return { kind: 'url', url }
  if (typeof file_id === 'string') return { kind: 'id', id: file_id }
  if (type === 'text' && typeof data === 'string') return { kind: 'text', text: data }
  if (type === 'content') return textContent(content)
  if (typeof data !== 'string') return undefined
  const mediaType = textOf(media_type)
  return mediaType === undefined ? { kind: 'data', data } : { kind: 'data', mediaType, data }
}

/** A document made of text blocks says what they say. */
function textContent(content: JsonObject[string]): Source | undefined {
  if (typeof content === 'string') return { kind: 'text', text: content }
  const blocks = objectsOf(content)
  if (blocks.length === 0 || blocks.some(({ type }) => type !== 'text')) return undefined
  return { kind: 'text', text: blocks.map(({ text }) => textOf(text) ?? '').join('\n') }
}

/** The types of image that the API takes; `image/jpg` is a common slip. */
const imageTypes = tableOf<string>({
  'image/jpeg': 'image/jpeg',
  'image/jpg': 'image/jpeg',
  'image/png': 'image/png',
  'image/gif': 'image/gif',
  'image/webp': 'image/webp',
})

/** Data that is not in base64 stays a URL, and is none that could be fetched. */
function isData(url: string): boolean {
  return /^data:/i.test(url)
}

/** Undefined for images the API does not take. */
export function encodeImageSource({ source }: Pick<ImageBlock, 'source'>): JsonObject | undefined {
  switch (source.kind) {
    case 'url':
      return isData(source.url) ? undefined : { type: 'url', url: source.url }
    case 'id':
      return { type: 'file', file_id: source.id }
    case 'data': {
      // A picture that is not what it is said to be is refused, so what it is counts more.
      const mediaType = imageTypes[(sniffedType(source.data) ?? source.mediaType ?? '').toLowerCase()]
      return mediaType === undefined ? undefined : { type: 'base64', media_type: mediaType, data: source.data }
    }
    case 'text':
      return undefined
  }
}

/** Endings of file names that say what is inside. */
const endings = tableOf<string>({
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  json: 'application/json',
  xml: 'application/xml',
  html: 'text/html',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
})

/** A document or, for files that are pictures, an image. Undefined for files the API does not take. */
export function encodeFileSource(file: FileBlock): { type: 'document' | 'image'; source: JsonObject } | undefined {
  const { source } = file
  switch (source.kind) {
    case 'url':
      return isData(source.url) ? undefined : { type: 'document', source: { type: 'url', url: source.url } }
    case 'id':
      return { type: 'document', source: { type: 'file', file_id: source.id } }
    case 'text':
      return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: source.text } }
    case 'data':
      return encodeData(source.data, mediaTypeOf(file, source.mediaType, source.data))
  }
}

function mediaTypeOf({ filename, fileType }: FileBlock, told: string | undefined, data: string): string {
  const type = (told ?? fileType ?? '').toLowerCase()
  if (type.includes('/') && type !== 'application/octet-stream') return type
  const ending = filename?.split('.').at(-1)?.toLowerCase() ?? ''
  return endings[type] ?? sniffedType(data) ?? endings[ending] ?? type
}

function encodeData(data: string, mediaType: string): ReturnType<typeof encodeFileSource> {
  if (mediaType.startsWith('application/pdf'))
    return { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } }
  const image = imageTypes[mediaType]
  if (image !== undefined) {
    const source = encodeImageSource({ source: { kind: 'data', mediaType: image, data } })
    return source && { type: 'image', source }
  }
  const text = isTextType(mediaType) ? textOfBase64(data) : undefined
  return text === undefined
    ? undefined
    : { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text } }
}
