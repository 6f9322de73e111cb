/** The tokenizer that OpenAI publishes, which counts what this house counts by itself. https://github.com/openai/tiktoken */
import { get_encoding, type Tiktoken } from 'tiktoken'

type Encoding = 'o200k_base' | 'cl100k_base'

const encodings = new Map<Encoding, Tiktoken>()

/** What looks like a mark is text. */
export function referenceCount(text: string, name: Encoding): number {
  let encoding = encodings.get(name)
  if (encoding === undefined) {
    encoding = get_encoding(name)
    encodings.set(name, encoding)
  }
  return encoding.encode_ordinary(text).length
}
