/** Events of a stream as frames (`event:` and `data:` lines), and what they say. https://html.spec.whatwg.org/multipage/server-sent-events.html */
import type { JsonObject } from '../core/json.ts'
import { parseJson } from '../core/parse-json.ts'

/** The frames of a text, each with its blank line; comments are none. */
export function framesIn(text: string): string[] {
  return text
    .split('\n\n')
    .filter((frame) => frame !== '' && !frame.startsWith(':'))
    .map((frame) => `${frame}\n\n`)
}

export function eventOf(frame: string): JsonObject {
  const at = frame.indexOf('data: ')
  return parseJson(frame.slice(at + 6)) as JsonObject
}

export function frameOf(event: JsonObject): string {
  return `event: ${event['type']}\ndata: ${JSON.stringify(event)}\n\n`
}
