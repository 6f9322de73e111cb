/**
 * A deterministic stand-in for a tokenizer: a token is a short word with the blanks before it, or two letters of a script written
 * without blanks, never half a code point. Counts, stream deltas and faults all go by it.
 */
import type { ChatRequest, Message } from './request-schema.ts'

/** Each alternative is bounded, so that no input makes the search slow. */
const token = /\s{0,16}(?:[!-~]{1,12}|[^\s!-~]{1,2})|\s{1,16}/gu

/** The tokens of a text, one after the other; joined they are the text. */
export function* tokensOf(text: string): Generator<string> {
  const search = new RegExp(token)
  for (let match = search.exec(text); match; match = search.exec(text)) yield match[0]
}

/** How many tokens a text has. */
export function countTokens(text: string): number {
  const search = new RegExp(token)
  let count = 0
  while (search.test(text)) count++
  return count
}

/** The first `count` tokens of a text. */
export function firstTokens(text: string, count: number): string {
  const search = new RegExp(token)
  for (let taken = 0; taken < count; taken++) {
    if (!search.test(text)) return text
  }
  return text.slice(0, count === 0 ? 0 : search.lastIndex)
}

/** The text of a message, its parts on lines of their own. */
export function textOf(message: Message): string {
  if (typeof message.content === 'string') return message.content
  const lines: string[] = []
  for (const part of message.content ?? []) {
    if (part.type === 'text') lines.push(part.text)
    if (part.type === 'refusal') lines.push(part.refusal)
  }
  return lines.join('\n')
}

/** What the prompt costs: text by its tokens, pictures, sounds and files by fixed rules, and a little for each message. */
export function countPrompt(request: ChatRequest): { total: number; audio: number } {
  let total = 3
  let audio = 0
  for (const message of request.messages) {
    total += 3 + countTokens(textOf(message))
    if (message.role === 'assistant' && message.tool_calls) total += countTokens(JSON.stringify(message.tool_calls))
    if (message.role === 'assistant' && message.function_call) total += countTokens(message.function_call.arguments)
    if (message.role !== 'user' || typeof message.content === 'string') continue
    for (const part of message.content) {
      if (part.type === 'image_url') total += part.image_url.detail === 'low' ? 85 : 765
      if (part.type === 'input_audio') audio += Math.ceil(part.input_audio.data.length / 640)
      if (part.type === 'file') total += 100 + Math.ceil((part.file.file_data?.length ?? 0) / 400)
    }
  }
  const offered = request.tools ?? request.functions
  if (offered) total += countTokens(JSON.stringify(offered))
  return { total: total + audio, audio }
}
