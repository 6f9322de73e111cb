/**
 * What an answer is grounded on, as annotations of its text. Places are told in bytes of UTF-8 here, in characters to clients.
 * https://ai.google.dev/api/generate-content#GroundingMetadata
 * https://ai.google.dev/api/generate-content#CitationMetadata
 */
import type { Annotation } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined, listOf, numberOf, objectOf, objectsOf, textOf, wordsOf } from '../../core/wire.ts'

/** Annotations of a text by what was told of a candidate; in the order told. */
export function annotationsOf(candidate: JsonObject, text: string): Annotation[] {
  const grounding = objectOf(candidate['groundingMetadata'])
  const citation = objectOf(candidate['citationMetadata'])
  if (grounding === undefined && citation === undefined) return []
  return [
    ...objectsOf(grounding?.['groundingSupports']).flatMap((support) =>
      supported(support, objectsOf(grounding?.['groundingChunks']), text),
    ),
    // The older name and the newer one.
    ...objectsOf(citation?.['citationSources'] ?? citation?.['citations']).flatMap((source) => cited(source, text)),
  ]
}

/** The sources a search brought up, as Perplexity shapes them. */
export function searchResultsOf(candidate: JsonObject): JsonObject[] {
  const chunks = objectsOf(objectOf(candidate['groundingMetadata'])?.['groundingChunks'])
  return chunks.flatMap((chunk) => {
    const web = objectOf(chunk['web'])
    return web === undefined ? [] : [defined({ title: textOf(web['title']), url: textOf(web['uri']) })]
  })
}

export function searchQueriesOf(candidate: JsonObject): number | undefined {
  return listOf(objectOf(candidate['groundingMetadata'])?.['webSearchQueries'])?.length
}

/** One annotation for each source a segment rests on. */
function supported(support: JsonObject, chunks: readonly JsonObject[], text: string): Annotation[] {
  const segment = objectOf(support['segment'])
  const place = placeOf(segment, text)
  const quote = wordsOf(segment?.['text'])
  const indexes = listOf(support['groundingChunkIndices']) ?? []
  return indexes.flatMap((index) => {
    const source = sourceOf(chunks[numberOf(index) ?? -1])
    return source === undefined ? [] : [annotation(source, place, quote)]
  })
}

function cited(source: JsonObject, text: string): Annotation[] {
  const { uri, title, startIndex: _start, endIndex: _end, ...rest } = source
  const place = placeOf(source, text)
  return [annotation({ uri: wordsOf(uri), title: textOf(title), rest }, place, undefined)]
}

interface GroundingSource {
  uri: string | undefined
  title: string | undefined
  /** Whatever else a source of one's own has: the file it is of, the page. */
  rest?: JsonObject
}

/** A page of the web, a place on the map, a picture, or a document of one's own. */
function sourceOf(chunk: JsonObject | undefined): GroundingSource | undefined {
  const found = objectOf(chunk?.['web'] ?? chunk?.['maps'] ?? chunk?.['retrievedContext'] ?? chunk?.['image'])
  if (found === undefined) return undefined
  const { uri, sourceUri, title, text: _text, ...rest } = found
  return { uri: wordsOf(uri) ?? wordsOf(sourceUri), title: textOf(title), rest }
}

/** What has no address in the web is told as a cited file, as OpenAI's clients know it. */
function annotation({ uri, title, rest }: GroundingSource, place: Place, quote: string | undefined): Annotation {
  if (uri !== undefined && /^https?:/i.test(uri)) {
    return defined({
      type: 'url-citation' as const,
      url: uri,
      title,
      startIndex: place.start,
      endIndex: place.end,
      text: quote,
    })
  }
  const file = defined({ filename: title, quote, start_index: place.start, end_index: place.end, uri })
  return { type: 'unknown', value: { type: 'file_citation', file_citation: { ...file, ...rest } } }
}

/** Undefined where it cannot be told. */
interface Place {
  start?: number
  end?: number
}

/** Checked against the words where they are told: some places count from elsewhere. A start that is 0 is left out on this wire. */
function placeOf(segment: JsonObject | undefined, text: string): Place {
  const endByte = numberOf(segment?.['endIndex'])
  const quote = wordsOf(segment?.['text'])
  if (endByte !== undefined) {
    const start = characterAt(text, numberOf(segment?.['startIndex']) ?? 0)
    const end = characterAt(text, endByte)
    if (start !== undefined && end !== undefined && (quote === undefined || text.slice(start, end) === quote)) {
      return { start, end }
    }
  }
  const found = quote === undefined ? -1 : text.indexOf(quote)
  return found === -1 ? {} : { start: found, end: found + quote!.length }
}

/** The character that begins at a byte; undefined beyond the end. */
function characterAt(text: string, byte: number): number | undefined {
  let bytes = 0
  for (let index = 0; index < text.length; index++) {
    if (bytes >= byte) return index
    bytes += bytesOfUnit(text.charCodeAt(index))
  }
  return bytes >= byte ? text.length : undefined
}

/** Half of a pair of surrogates is half of four bytes. */
function bytesOfUnit(unit: number): number {
  if (unit < 0x80) return 1
  if (unit < 0x800) return 2
  return unit >= 0xd800 && unit <= 0xdfff ? 2 : 3
}
