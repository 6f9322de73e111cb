/** Blocks as parts of an item's content. https://platform.openai.com/docs/api-reference/responses/create#responses-create-input */
import type { Annotation, Block, FileBlock, ImageBlock, Marks, Source, TextBlock } from '../../core/chat.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { defined } from '../../core/wire.ts'
import type { Writing } from './request.ts'

/** Of a message of anybody but the assistant, and of what a tool gave. */
export function partsOf(content: readonly Block[], path: string, writing: Writing): JsonObject[] {
  return content.flatMap((block, position) => encodePart(block, 'input', `${path}.content[${position}]`, writing))
}

/** One text without anything else is told as a text. */
export function contentOf(parts: JsonObject[]): Json {
  const [part] = parts
  const isText = part?.['type'] === 'input_text' || part?.['type'] === 'output_text'
  return parts.length === 1 && isText && Object.keys(part!).length === 2 ? part!['text']! : parts
}

export function encodeMark(mark: Marks['cacheControl'], path: string, { keeper, quirks }: Writing): JsonObject {
  if (mark === undefined) return {}
  if (quirks.cacheControl === true) return { cache_control: { ...mark } }
  keeper.lose(`${path}.cache_control`)
  return {}
}

/** No part where this wire has none for it, which is named. Throws where what is asked depends on it. */
export function encodePart(block: Block, side: 'input' | 'assistant', path: string, writing: Writing): JsonObject[] {
  const { keeper, quirks } = writing
  if (block.type === 'unknown' && keeper.own) return [block.value]
  const part = partOf(block, side, path, writing)
  if (part === undefined) {
    keeper.lose(path)
    return []
  }
  const type = String(part['type'])
  if (quirks.refuseParts?.includes(type))
    throw unsupported(
      path,
      `is of type ${type}, which this provider does not read`,
      'Leave it out, or choose another provider',
    )
  if (block.citations !== undefined) keeper.lose(`${path}.citations`)
  return [keeper.put({ ...part, ...encodeMark(block.cacheControl, path, writing) }, block.extra, path)]
}

function partOf(block: Block, side: 'input' | 'assistant', path: string, writing: Writing): JsonObject | undefined {
  switch (block.type) {
    case 'text':
      return side === 'input' ? { type: 'input_text', text: block.text } : saidPart(block, path, writing)
    case 'refusal':
      return side === 'input' ? { type: 'input_text', text: block.text } : { type: 'refusal', refusal: block.text }
    case 'image':
      // An assistant shows no pictures here; those of an earlier turn are no part of what is asked now.
      return side === 'input' ? encodeImage(block) : undefined
    case 'file':
      return side === 'input' ? encodeFile(block, path, writing) : undefined
    case 'audio':
      // What was said in it is what the assistant said.
      if (side === 'assistant')
        return block.transcript === undefined ? undefined : { type: 'output_text', text: block.transcript }
      if (writing.keeper.own && block.source?.kind === 'data')
        return { type: 'input_audio', input_audio: defined({ data: block.source.data, format: block.format }) }
      throw unsupported(
        path,
        'is a sound, which this provider does not hear',
        'Write down what is said, or choose another provider',
      )
    case 'video':
      throw unsupported(
        path,
        'is a video, which this provider does not see',
        'Leave it out, or choose another provider',
      )
    default:
      return undefined
  }
}

function saidPart({ text, annotations = [] }: TextBlock, path: string, { keeper }: Writing): JsonObject {
  const told = annotations.flatMap((annotation) => encodeAnnotation(annotation, keeper.own))
  if (told.length < annotations.length) keeper.lose(`${path.replace(/\.content\[\d+\]$/, '')}.annotations`)
  return defined({ type: 'output_text', text, annotations: told.length === 0 ? undefined : told })
}

/** It insists on all of a citation. */
function encodeAnnotation(annotation: Annotation, own: boolean): JsonObject[] {
  if (annotation.type === 'unknown') return own ? [annotation.value] : []
  const { url, title, startIndex, endIndex } = annotation
  if (startIndex === undefined || endIndex === undefined) return []
  return [{ type: 'url_citation', url, title: title ?? '', start_index: startIndex, end_index: endIndex }]
}

function encodeImage({ source, detail }: ImageBlock): JsonObject | undefined {
  if (source.kind === 'id') return defined({ type: 'input_image', file_id: source.id, detail })
  const url = urlOf(source)
  return url === undefined ? undefined : defined({ type: 'input_image', image_url: url, detail })
}

function encodeFile({ source, filename, fileType }: FileBlock, path: string, { keeper }: Writing): JsonObject {
  if (fileType !== undefined) keeper.lose(`${path}.file.file_type`)
  switch (source.kind) {
    case 'id':
      // It has its name there.
      return { type: 'input_file', file_id: source.id }
    case 'url':
      return defined({
        type: 'input_file',
        [/^data:/i.test(source.url) ? 'file_data' : 'file_url']: source.url,
        filename,
      })
    case 'data':
      return { type: 'input_file', file_data: dataText(source), filename: filename ?? nameFor(source.mediaType) }
    case 'text':
      // This wire has no plain-text files; what it says can be said as text, which has no name.
      if (filename !== undefined) keeper.lose(`${path}.file.filename`)
      return { type: 'input_text', text: source.text }
  }
}

/** Data has to have a name, by whose end some know what it is. */
function nameFor(mediaType: string | undefined): string {
  const end = /^[\w-]+\/([\w-]+)$/.exec(mediaType ?? '')?.[1] ?? 'pdf'
  return `file.${end === 'plain' ? 'txt' : end}`
}

function dataText({ mediaType, data }: Source & { kind: 'data' }): string {
  return `data:${mediaType ?? 'application/pdf'};base64,${data}`
}

function urlOf(source: Source): string | undefined {
  if (source.kind === 'url') return source.url
  if (source.kind !== 'data') return undefined
  return `data:${source.mediaType ?? 'application/octet-stream'};base64,${source.data}`
}
