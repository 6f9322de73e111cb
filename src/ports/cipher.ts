/** Hides what is kept on disk from whoever reads the disk. */

export interface Cipher {
  /** Hides what it seals; where not, texts stay as they are, and nothing may be kept that has to be hidden. */
  readonly hides: boolean
  /** `context` says what the text is and whose; it opens under the same one alone. */
  seal(text: string, context: string): Promise<string>
  /** Text that was never sealed comes back as it is. Rejects with `sealed-unreadable` where the key is another one, or the text was changed. */
  open(text: string, context: string): Promise<string>
}
