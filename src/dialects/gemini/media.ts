/**
 * Pictures, sounds, videos and files as parts: the bytes themselves, or where they are. Either way the type of the bytes has to be told.
 * https://ai.google.dev/gemini-api/docs/generate-content/file-input-methods
 */
import type { AudioBlock, FileBlock, ImageBlock, Source, VideoBlock } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { tableOf } from '../../core/wire.ts'
import type { Writing } from './writing.ts'

export type MediaBlock = ImageBlock | AudioBlock | VideoBlock | FileBlock

/** By the ending of a name. */
const typesByEnding = tableOf<string>({
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  css: 'text/css',
  csv: 'text/csv',
  xml: 'text/xml',
  rtf: 'text/rtf',
  json: 'application/json',
  js: 'text/javascript',
  py: 'text/x-python',
  wav: 'audio/wav',
  mp3: 'audio/mp3',
  aiff: 'audio/aiff',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
  m4a: 'audio/m4a',
  mp4: 'video/mp4',
  mpeg: 'video/mpeg',
  mpg: 'video/mpg',
  mov: 'video/mov',
  avi: 'video/avi',
  flv: 'video/x-flv',
  webm: 'video/webm',
  wmv: 'video/wmv',
  '3gp': 'video/3gpp',
})

/** Where nothing says what the bytes are: nobody here fetches them to see. */
const usualTypes = { image: 'image/jpeg', audio: 'audio/mp3', video: 'video/mp4', file: 'application/pdf' } as const

/** By the format OpenAI's clients tell. Sound without a head is what OpenAI calls pcm16: 24,000 samples a second. */
const soundTypes = tableOf<string>({ pcm16: 'audio/L16;rate=24000', mpeg: 'audio/mp3' })

/** How closely a picture is looked at. */
const resolutions = tableOf<string>({
  low: 'MEDIA_RESOLUTION_LOW',
  high: 'MEDIA_RESOLUTION_HIGH',
})

/** The part of a block at `path`. */
export function mediaPart(block: MediaBlock, path: string, writing: Writing): JsonObject {
  const { source } = block
  if (source === undefined) throw unsupported(path, 'names a sound by an id of another provider', 'Send its data')
  if (source.kind === 'text') return { text: source.text }
  return { ...bytesOf(source, block, path, writing), ...resolutionOf(block, path, writing) }
}

function bytesOf(source: Exclude<Source, { kind: 'text' }>, block: MediaBlock, path: string, { service }: Writing) {
  switch (source.kind) {
    case 'data':
      return { inlineData: { mimeType: source.mediaType ?? typeOf(block, ''), data: source.data } }
    case 'url':
      if (!/^(https?|gs):/i.test(source.url))
        throw unsupported(path, 'is neither a web address nor a data URI in base64', 'Send it as data:TYPE;base64,…')
      return { fileData: { mimeType: typeOf(block, source.url), fileUri: source.url } }
    case 'id':
      return { fileData: { mimeType: typeOf(block, ''), fileUri: uploaded(source.id, path, service) } }
  }
}

/** A file that was uploaded to the Gemini API. Vertex AI has no such files, and ids of other providers say nothing here. */
function uploaded(id: string, path: string, service: Writing['service']): string {
  if (/^(https|gs):/i.test(id)) return id
  if (service === 'gemini-api' && /^files\/./.test(id)) return `https://generativelanguage.googleapis.com/v1beta/${id}`
  const instead =
    service === 'gemini-api' ? 'an id such as files/NAME, an address' : 'an address such as gs://BUCKET/NAME'
  throw unsupported(path, 'is a file that was uploaded elsewhere', `Send ${instead}, or its data`)
}

function typeOf(block: MediaBlock, url: string): string {
  if (block.type === 'audio' && block.format !== undefined) return soundTypes[block.format] ?? `audio/${block.format}`
  if (block.type === 'file' && block.fileType?.includes('/')) return block.fileType
  const name = block.type === 'file' ? (block.filename ?? url) : url
  const ending = /\.([a-z0-9]+)(?:[?#].*)?$/i.exec(name)?.[1]?.toLowerCase()
  return typesByEnding[ending ?? ''] ?? usualTypes[block.type]
}

function resolutionOf(block: MediaBlock, path: string, { traits, keeper }: Writing): JsonObject {
  if (block.type !== 'image' || block.detail === undefined || block.detail === 'auto') return {}
  const level = traits.modern ? resolutions[block.detail] : undefined
  if (level !== undefined) return { mediaResolution: { level } }
  keeper.lose(`${path}.image_url.detail`)
  return {}
}
