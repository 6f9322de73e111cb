/** Counts tokens without asking a provider. What it says of a model whose tokens nobody has published is an estimate. */

export interface Tokenizer {
  /** How many tokens the texts are together. Never rejects, and answers in time: what cannot be counted by then is judged by its length. */
  count(texts: readonly string[]): Promise<number>
  close(): Promise<void>
}
