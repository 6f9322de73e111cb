/** How an item that a client has sent is shown in a list: with what may be left out of a request and not of a reply. https://platform.openai.com/docs/api-reference/responses/input-items */

import { parseExactly } from '../../core/exact-json.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { objectOf, textOf } from '../../core/wire.ts'

/** The item as text, its own where nothing is missing. */
export function shownItem(text: string): string {
  const item = objectOf(parseExactly(text)) ?? {}
  const whole = completed(item)
  return JSON.stringify(whole) === JSON.stringify(item) ? text : JSON.stringify(whole)
}

function completed(item: JsonObject): JsonObject {
  const type = textOf(item['type']) ?? 'message'
  const whole: JsonObject = { ...item, type }
  if (/^message$|_call$|_output$/.test(type)) whole['status'] ??= 'completed'
  if (type === 'message') whole['content'] = listOf(item['content'] ?? [], wordsOf(textOf(item['role'])))
  if (Array.isArray(item['output'])) whole['output'] = listOf(item['output'], inputText)
  return whole
}

/** A text alone is a list of one. */
function listOf(content: Json, words: (text: string) => JsonObject): Json {
  if (typeof content === 'string') return [words(content)]
  return Array.isArray(content) ? content.map((part) => (isJsonObject(part) ? completedPart(part) : part)) : content
}

const inputText = (text: string): JsonObject => ({ type: 'input_text', text })

function wordsOf(role: string | undefined): (text: string) => JsonObject {
  return role === 'assistant' ? (text) => ({ type: 'output_text', text, annotations: [], logprobs: [] }) : inputText
}

function completedPart(part: JsonObject): JsonObject {
  if (part['type'] === 'input_image') return { ...part, detail: part['detail'] ?? 'auto' }
  if (part['type'] === 'output_text') return { ...part, annotations: part['annotations'] ?? [] }
  return part
}
