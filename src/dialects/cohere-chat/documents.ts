/**
 * Files that are texts, as the documents a model can cite. https://docs.cohere.com/reference/chat#request.body.documents
 */
import { textOfBase64 } from '../../core/bytes.ts'
import type { FileBlock } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { isTextType } from '../../core/media-types.ts'
import { defined } from '../../core/wire.ts'

const textEndings = /\.(txt|md|csv|tsv|json|jsonl|xml|html?|ya?ml|toml|log)$/i

/** What a file says; undefined where it is no text, or somewhere else. */
export function textOfFile({ source, filename, fileType }: FileBlock): string | undefined {
  if (source.kind === 'text') return source.text
  if (source.kind !== 'data') return undefined
  const type = (source.mediaType ?? fileType ?? '').toLowerCase()
  const isText =
    type === '' || type === 'application/octet-stream' ? textEndings.test(filename ?? '') : isTextType(type)
  return isText ? textOfBase64(source.data) : undefined
}

export function documentOf(filename: string | undefined, text: string): JsonObject {
  return { data: defined({ title: filename, snippet: text }) }
}
