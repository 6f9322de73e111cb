/**
 * Names of documents: few characters are allowed in them, and each may be given once.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
 */
const unfit = /[^a-zA-Z0-9\s\-()[\]]/g
/** What is left of `é` when the letter is taken apart. */
const accents = /\p{M}/gu
const longest = 200

export class DocumentNames {
  readonly #taken = new Set<string>()

  /** The name a document goes by. Names are given in the order of the conversation, so that the next turn finds the same. */
  give(filename: string | undefined): string {
    const base = cleaned(filename)
    let name = base
    for (let number = 2; this.#taken.has(name); number++) name = `${base.slice(0, longest - 6)} (${number})`
    this.#taken.add(name)
    return name
  }
}

function cleaned(filename = ''): string {
  const stem = filename.replace(/\.[a-zA-Z0-9]{1,5}$/, '')
  const name = stem.normalize('NFKD').replace(accents, '').replace(unfit, ' ').replaceAll(/\s+/g, ' ').trim()
  return name.slice(0, longest).trim() || 'Document'
}
