/**
 * Names of documents: few characters are allowed in them, and each may be given once.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
 */
import { FreeNames } from '../../core/free-names.ts'

const unfit = /[^a-zA-Z0-9\s\-()[\]]/g
/** What is left of `é` when the letter is taken apart. */
const accents = /\p{M}/gu
const longest = 200

export class DocumentNames {
  readonly #free = new FreeNames()

  /** The name a document goes by. Names are given in the order of the conversation, so that the next turn finds the same. */
  give(filename: string | undefined): string {
    const base = cleaned(filename)
    return this.#free.give(base, (number) => `${base.slice(0, longest - 6)} (${number})`)
  }
}

function cleaned(filename = ''): string {
  const stem = filename.replace(/\.[a-zA-Z0-9]{1,5}$/, '')
  const name = stem.normalize('NFKD').replace(accents, '').replace(unfit, ' ').replaceAll(/\s+/g, ' ').trim()
  return name.slice(0, longest).trim() || 'Document'
}
