/**
 * What a text was taken from, as annotations of it.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Citation.html
 */
import type { Annotation } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined, objectOf, objectsOf, textOf, wordsOf } from '../../core/wire.ts'

/** A page has a URL; a document, which has none, takes the shape in which OpenAI's clients know a cited file. */
export function decodeCitation(citation: JsonObject, span: { start: number; end: number }): Annotation {
  const location = objectOf(citation['location'])
  const url = addressOf(citation, location)
  const title = wordsOf(citation['title'])
  const quote = objectsOf(citation['sourceContent'])
    .map((part) => textOf(part['text']) ?? '')
    .join('')
  if (url !== undefined) {
    return defined({
      type: 'url-citation' as const,
      url,
      title,
      startIndex: span.start,
      endIndex: span.end,
      text: quote || undefined,
    })
  }
  const file = defined({
    filename: title,
    quote: quote || undefined,
    start_index: span.start,
    end_index: span.end,
    source: wordsOf(citation['source']),
    ...location,
  })
  return { type: 'unknown', value: { type: 'file_citation', file_citation: file } }
}

/** What a search result says of its source need not be an address. */
function addressOf(citation: JsonObject, location: JsonObject | undefined): string | undefined {
  const url = textOf(objectOf(location?.['web'])?.['url']) ?? textOf(citation['source'])
  return url !== undefined && /^https?:/i.test(url) ? url : undefined
}
