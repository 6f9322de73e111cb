/**
 * Citations of an answer and the annotations they are. A source that has a URL is a URL citation; any other takes the shape in which OpenAI's
 * clients know a cited file, with all that this API wants back. https://docs.cohere.com/docs/rag-citations
 */
import type { Annotation } from '../../core/chat.ts'
import type { Keeper } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined, numberOf, objectOf, objectsOf, textOf, wordsOf } from '../../core/wire.ts'

/** Is it about the text of the answer? Others are about thoughts and plans, which have no annotations. */
export function isAboutText({ type }: JsonObject): boolean {
  return type === undefined || type === null || type === 'TEXT_CONTENT'
}

/** A citation may draw on several sources, each of which is an annotation; those without a URL share one. */
export function decodeCitation(citation: JsonObject): Annotation[] {
  const annotations: Annotation[] = []
  const files: JsonObject[] = []
  for (const source of objectsOf(citation['sources'])) {
    const found = contentOf(source)
    const url = textOf(found['url'])
    if (url === undefined || !/^https?:/i.test(url)) files.push(source)
    else annotations.push(urlCitation(citation, source, url, textOf(found['title'])))
  }
  if (files.length > 0 || annotations.length === 0) annotations.push(fileCitation(citation, files))
  return annotations
}

/** What is cited: a document, or what a tool gave back. */
function contentOf(source: JsonObject): JsonObject {
  return objectOf(source['document']) ?? objectOf(source['tool_output']) ?? {}
}

function urlCitation(citation: JsonObject, source: JsonObject, url: string, title: string | undefined): Annotation {
  return defined({
    type: 'url-citation' as const,
    url,
    title,
    startIndex: numberOf(citation['start']),
    endIndex: numberOf(citation['end']),
    text: textOf(citation['text']),
    extra: { source },
  })
}

function fileCitation({ start, end, ...rest }: JsonObject, sources: JsonObject[]): Annotation {
  const [first] = sources
  const file = defined({
    file_id: wordsOf(first?.['id']),
    filename: first && wordsOf(contentOf(first)['title']),
    start_index: numberOf(start),
    end_index: numberOf(end),
  })
  return { type: 'unknown', value: { type: 'file_citation', file_citation: { ...file, ...rest, sources } } }
}

/** Leaves out and names annotations that this API did not write: it takes back only its own. */
export function encodeCitations(annotations: readonly Annotation[], keeper: Keeper, path: string): JsonObject[] {
  const citations = annotations.map(encodeCitation)
  if (citations.includes(undefined)) keeper.lose(`${path}.annotations`)
  return citations.filter((citation) => citation !== undefined)
}

function encodeCitation(annotation: Annotation): JsonObject | undefined {
  if (annotation.type === 'unknown') return cited(objectOf(annotation.value['file_citation']))
  const source = objectOf(annotation.extra?.['source'])
  const { startIndex, endIndex, text } = annotation
  return source && defined({ start: startIndex, end: endIndex, text, sources: [source] })
}

function cited(file: JsonObject | undefined): JsonObject | undefined {
  if (file === undefined || !Array.isArray(file['sources'])) return undefined
  const { file_id: _, filename: __, start_index, end_index, ...rest } = file
  return defined({ start: start_index, end: end_index, ...rest }) as JsonObject
}
