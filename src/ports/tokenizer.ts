/** Counts tokens without asking a provider. What it says of a model whose tokens nobody has published is an estimate. */

import type { VocabularyName } from '../core/token-estimate.ts'

export interface Tokenizer {
  /**
   * How many tokens of a vocabulary the texts are together; default `o200k`. Never rejects, and answers in time: what cannot be counted by then is
   * judged by its length.
   */
  count(texts: readonly string[], vocabulary?: VocabularyName): Promise<number>
  close(): Promise<void>
}
