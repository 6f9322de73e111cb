/**
 * Citations of a text and the annotations they are. Those of a page have a URL; those of a document, which has none, take the shape in which
 * OpenAI's clients know a cited file. Either way everything is kept that this API wants back.
 * https://platform.claude.com/docs/en/build-with-claude/citations
 */
import type { Annotation } from '../../core/chat.ts'
import { type Keeper, unknownFields } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined, objectOf, tableOf, textOf } from '../../core/wire.ts'

/** The member that says where it is, for citations of something with a URL. */
const addressNames = tableOf<string>({
  web_search_result_location: 'url',
  search_result_location: 'source',
})

const knownBeside = { cited_text: true, title: true } as const

/** A citation of a text of so many characters: it is about all of the text it stands at. */
export function decodeCitation(citation: JsonObject, length: number): Annotation {
  const address = addressNames[textOf(citation['type']) ?? '']
  const url = address === undefined ? undefined : textOf(citation[address])
  // What a search result of the client's own says of its source need not be an address.
  if (address === undefined || url === undefined || !/^https?:/i.test(url)) return fileCitation(citation, length)
  return defined({
    type: 'url-citation' as const,
    url,
    title: textOf(citation['title']),
    startIndex: 0,
    endIndex: length,
    text: textOf(citation['cited_text']),
    extra: unknownFields(citation, { ...knownBeside, [address]: true }),
  })
}

function fileCitation(citation: JsonObject, length: number): Annotation {
  const { cited_text, document_title, ...rest } = citation
  const file = defined({
    filename: textOf(document_title) ?? textOf(rest['title']),
    quote: textOf(cited_text),
    start_index: 0,
    end_index: length,
  })
  return { type: 'unknown', value: { type: 'file_citation', file_citation: { ...file, ...rest } } }
}

/** Leaves out and names annotations that this API did not write: it takes back only its own. */
export function encodeCitations(annotations: readonly Annotation[], keeper: Keeper, path: string): JsonObject[] {
  const citations = annotations.map(encodeCitation)
  if (citations.includes(undefined)) keeper.lose(`${path}.annotations`)
  return citations.filter((citation) => citation !== undefined)
}

function encodeCitation(annotation: Annotation): JsonObject | undefined {
  if (annotation.type === 'unknown') return documentCitation(annotation.value)
  const { url, title, text, extra } = annotation
  const address = addressNames[textOf(extra?.['type']) ?? '']
  return address === undefined ? undefined : { ...extra, [address]: url, title: title ?? null, cited_text: text ?? '' }
}

/** Other providers cite files as well, some by types of their own; here all are named for where something is. */
function documentCitation(value: JsonObject): JsonObject | undefined {
  const file = objectOf(value['file_citation'])
  const type = textOf(file?.['type'])
  if (file === undefined || !type?.endsWith('_location')) return undefined
  const { filename, quote, start_index: _start, end_index: _end, ...rest } = file
  const title = 'title' in rest ? {} : { document_title: filename ?? null }
  return { ...rest, ...title, cited_text: quote ?? '' }
}
