/** The thread that counts: loads the vocabularies it is asked for, and answers one question after the other. */
import { parentPort } from 'node:worker_threads'
import type { VocabularyName } from '../core/token-estimate.ts'
import { countTexts } from './count-texts.ts'
import { vocabulary } from './vocabularies.ts'

export interface Question {
  readonly id: number
  readonly texts: readonly string[]
  readonly vocabulary: VocabularyName
  /** Milliseconds the counting may take. */
  readonly patience: number
}

export interface CountedTokens {
  readonly id: number
  readonly tokens: number
}

parentPort?.on('message', async ({ id, texts, vocabulary: name, patience }: Question) => {
  const known = await vocabulary(name)
  const tokens = countTexts(texts, known, performance.now.bind(performance), performance.now() + patience)
  parentPort?.postMessage({ id, tokens } satisfies CountedTokens)
})
