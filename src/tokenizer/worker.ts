/** The thread that counts: loads the vocabulary, which takes a third of a second, and then answers one question after the other. */
import { parentPort } from 'node:worker_threads'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { countTexts } from './count-texts.ts'

export interface Question {
  readonly id: number
  readonly texts: readonly string[]
  /** Milliseconds the counting may take. */
  readonly patience: number
}

export interface CountedTokens {
  readonly id: number
  readonly tokens: number
}

/** What looks like a mark in a text is text: clients may write anything. */
const options = { disallowedSpecial: new Set<string>() }

parentPort?.on('message', ({ id, texts, patience }: Question) => {
  const deadline = performance.now() + patience
  const tokens = countTexts(texts, (slice) => countTokens(slice, options), performance.now.bind(performance), deadline)
  parentPort?.postMessage({ id, tokens } satisfies CountedTokens)
})
