/**
 * Images, documents, videos and sounds: by their bytes, or where they are in S3. Bedrock fetches nothing else.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
 */

import { bytesOfText } from '../../core/bytes.ts'
import type { AudioBlock, FileBlock, ImageBlock, Source, VideoBlock } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { sniffedType } from '../../core/media-types.ts'
import { unsupported } from '../../core/refuse.ts'
import { defined, objectOf, textOf } from '../../core/wire.ts'
import type { Draft } from './draft.ts'

/** What a file can be, and its format by media type or by the ending of its name. */
interface Media {
  readonly member: 'image' | 'document' | 'video' | 'audio'
  readonly formats: Readonly<Record<string, string>>
  readonly name: string
}

const images: Media = {
  member: 'image',
  name: 'an image',
  formats: {
    'image/png': 'png',
    'image/jpeg': 'jpeg',
    'image/jpg': 'jpeg',
    'image/gif': 'gif',
    'image/webp': 'webp',
    png: 'png',
    jpg: 'jpeg',
    jpeg: 'jpeg',
    gif: 'gif',
    webp: 'webp',
  },
}

const videos: Media = {
  member: 'video',
  name: 'a video',
  formats: {
    'video/x-matroska': 'mkv',
    'video/quicktime': 'mov',
    'video/mp4': 'mp4',
    'video/webm': 'webm',
    'video/x-flv': 'flv',
    'video/mpeg': 'mpeg',
    'video/x-ms-wmv': 'wmv',
    'video/3gpp': 'three_gp',
    mkv: 'mkv',
    mov: 'mov',
    mp4: 'mp4',
    webm: 'webm',
    flv: 'flv',
    mpeg: 'mpeg',
    mpg: 'mpg',
    wmv: 'wmv',
    '3gp': 'three_gp',
  },
}

const sounds: Media = {
  member: 'audio',
  name: 'a sound',
  formats: {
    'audio/mpeg': 'mp3',
    'audio/mp3': 'mp3',
    'audio/opus': 'opus',
    'audio/wav': 'wav',
    'audio/x-wav': 'wav',
    'audio/aac': 'aac',
    'audio/flac': 'flac',
    'audio/mp4': 'mp4',
    'audio/ogg': 'ogg',
    'audio/webm': 'webm',
    mp3: 'mp3',
    opus: 'opus',
    wav: 'wav',
    aac: 'aac',
    flac: 'flac',
    m4a: 'm4a',
    ogg: 'ogg',
    pcm: 'pcm',
    pcm16: 'pcm',
    webm: 'webm',
  },
}

const documents: Media = {
  member: 'document',
  name: 'a document',
  formats: {
    'application/pdf': 'pdf',
    'text/csv': 'csv',
    'application/msword': 'doc',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
    'application/vnd.ms-excel': 'xls',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
    'text/html': 'html',
    'text/markdown': 'md',
    'text/plain': 'txt',
    'application/json': 'txt',
    'application/xml': 'txt',
    pdf: 'pdf',
    csv: 'csv',
    doc: 'doc',
    docx: 'docx',
    xls: 'xls',
    xlsx: 'xlsx',
    html: 'html',
    htm: 'html',
    md: 'md',
    txt: 'txt',
    json: 'txt',
    xml: 'txt',
  },
}

export function encodeImage({ source, extra }: ImageBlock, path: string): JsonObject {
  // An image that is not what it is said to be is refused, so what it is counts more.
  const mediaType = source.kind === 'data' ? (sniffedType(source.data) ?? source.mediaType) : undefined
  const known = mediaType === undefined ? source : { ...source, mediaType }
  return encodeMedia([images], known, { path, hints: [], extra })
}

export function encodeVideo({ source, extra }: VideoBlock, path: string): JsonObject {
  return encodeMedia([videos], source, { path, hints: [], extra })
}

export function encodeSound({ source, format, extra }: AudioBlock, path: string): JsonObject {
  if (source === undefined)
    throw unsupported(path, 'is a sound without its bytes, which Bedrock does not take', 'Send the bytes')
  return encodeMedia([sounds], source, { path, hints: [format], extra })
}

/** A file is what its type says: most are documents. */
export function encodeFile(block: FileBlock, path: string, draft: Draft): JsonObject {
  const { source, filename, fileType, citations, extra } = block
  const hints = [fileType, endingOf(filename)]
  const known =
    source.kind === 'text'
      ? { document: { format: 'txt', source: { bytes: btoa(bytesOfText(source.text)) } } }
      : encodeMedia([documents, images, videos, sounds], source, { path, hints, extra })
  const document = objectOf(known['document'])
  if (document === undefined) return known
  const name = draft.documentNames.give(filename)
  const context = textOf(extra?.['context'])
  return { document: defined({ ...document, name, context, citations: citations && { ...citations } }) }
}

interface MediaDetails {
  readonly path: string
  /** What else says its type. */
  readonly hints: readonly (string | undefined)[]
  readonly extra: JsonObject | undefined
}

function encodeMedia(kinds: readonly Media[], source: Source, { path, hints, extra }: MediaDetails): JsonObject {
  const { name } = kinds[0] as Media
  if (source.kind === 'id')
    throw unsupported(path, `is ${name} by its id, which Bedrock does not take`, 'Send its bytes as a data URI')
  if (source.kind === 'text')
    throw unsupported(path, `is ${name} as a text, which Bedrock does not take`, 'Send its bytes as a data URI')
  const where = source.kind === 'data' ? { bytes: source.data } : s3Location(source.url, name, path, extra)
  const types =
    source.kind === 'data' ? [source.mediaType, ...hints, sniffedType(source.data)] : [endingOf(source.url), ...hints]
  const found = formatOf(kinds, types)
  if (found !== undefined) return { [found.member]: { format: found.format, source: where } }
  const told = types.find((type) => type !== undefined)
  const formats = [...new Set(Object.values((kinds[0] as Media).formats))].join(', ')
  const what = told === undefined ? `is ${name} of an unknown format` : `is ${name} of type ${told}`
  throw unsupported(path, `${what}, which Bedrock does not take`, `Send one of ${formats}`)
}

function formatOf(kinds: readonly Media[], types: readonly (string | undefined)[]) {
  for (const type of types) {
    const [word = ''] = (type ?? '').toLowerCase().split(';')
    for (const { member, formats } of kinds) {
      const format = Object.hasOwn(formats, word) ? formats[word] : undefined
      if (format !== undefined) return { member, format }
    }
    // Source code and the like: text is text.
    if (word.startsWith('text/') && kinds.includes(documents)) return { member: documents.member, format: 'txt' }
  }
  return undefined
}

/** Where in S3; the owner of somebody else's bucket may stand beside the URL. */
function s3Location(url: string, name: string, path: string, extra: JsonObject | undefined): JsonObject {
  if (!url.startsWith('s3://')) {
    throw unsupported(
      path,
      `is ${name} by its URL, which Bedrock does not take`,
      'Send its bytes as a data URI, or an s3:// URL',
    )
  }
  return { s3Location: defined({ uri: url, bucketOwner: ownerIn(extra) }) }
}

const ownerName = 'bucketOwner'

/** Beside `url`, wherever that stands. */
function ownerIn(extra: JsonObject | undefined): string | undefined {
  for (const name in extra) {
    const found = name === ownerName ? textOf(extra[name]) : textOf(objectOf(extra[name])?.[ownerName])
    if (found !== undefined) return found
  }
  return undefined
}

function endingOf(name: string | undefined): string | undefined {
  return /\.([a-zA-Z0-9]{1,5})$/.exec(name ?? '')?.[1]
}
