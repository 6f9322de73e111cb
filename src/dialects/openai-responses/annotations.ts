/** Citations and token probabilities of a text, as a client is told them. https://platform.openai.com/docs/api-reference/responses/object */
import type { Annotation } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { numberOf, objectsOf, textOf } from '../../core/wire.ts'
import type { ItemWriting } from './output-item.ts'

/** Has to wait for the end of its text: a client has to be told which part of it, and where nobody says, it is all of it. */
export function isUnbounded(annotation: Annotation): boolean {
  return (
    annotation.type === 'url-citation' && (annotation.startIndex === undefined || annotation.endIndex === undefined)
  )
}

/** Kinds of files that a text can cite, with the members clients insist on. */
const fileKinds: Readonly<Record<string, readonly string[]>> = {
  file_citation: ['file_id', 'filename', 'index'],
  container_file_citation: ['container_id', 'file_id', 'filename', 'start_index', 'end_index'],
  file_path: ['file_id', 'index'],
}

/** Undefined for one that this wire has no word for, which is named as lost. `length` is that of the text. */
export function encodeAnnotation(
  annotation: Annotation,
  length: number,
  { keeper, lost }: ItemWriting,
): JsonObject | undefined {
  if (annotation.type === 'url-citation') {
    const { url, title = '', startIndex = 0, endIndex = length, extra } = annotation
    return keeper.put({ type: 'url_citation', start_index: startIndex, end_index: endIndex, url, title }, extra, '')
  }
  const { value } = annotation
  const type = textOf(value['type']) ?? ''
  const members = Object.hasOwn(fileKinds, type) ? fileKinds[type]! : undefined
  if (keeper.own || members?.every((name) => value[name] !== undefined && value[name] !== null)) return value
  lost.add('response.annotations')
  return undefined
}

/** Tokens as chat completions tell of them, with all that clients of this wire insist on. */
export function encodeLogprobs(logprobs: JsonObject | undefined): JsonObject[] {
  return objectsOf(logprobs?.['content']).map((token) => ({
    ...encodeToken(token),
    top_logprobs: objectsOf(token['top_logprobs']).map(encodeToken),
  }))
}

function encodeToken({ token, logprob, bytes }: JsonObject): JsonObject {
  return {
    token: textOf(token) ?? '',
    bytes: Array.isArray(bytes) ? bytes : [],
    // What is less likely than any number can say.
    logprob: numberOf(logprob) ?? -9999,
  }
}
