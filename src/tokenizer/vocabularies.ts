/**
 * The vocabularies of OpenAI's models, and the patterns by which a text is taken apart before its bytes are paired. The patterns are made for Rust:
 * what is blank there is what Unicode says. https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py
 */
import type { VocabularyName } from '../core/token-estimate.ts'
import { countPairs, ranksOf } from './byte-pairs.ts'

export interface Vocabulary {
  /** Matches one piece after the other, without a gap. */
  readonly pieces: RegExp
  /** The tokens of one piece. */
  count(piece: string): number
}

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
const upper = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
const lower = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
const before = String.raw`[^\r\n\p{L}\p{N}]?`
const numbers = String.raw`\p{N}{1,3}`
const signs = String.raw` ?[^\p{White_Space}\p{L}\p{N}]+`
const blanks = String.raw`\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+`

const patterns: Readonly<Record<VocabularyName, string>> = {
  o200k: `${before}${upper}*${lower}+${contractions}?|${before}${upper}+${lower}*${contractions}?|${numbers}|${signs}[\\r\\n/]*|${blanks}`,
  cl100k: `${contractions}|${before}\\p{L}+|${numbers}|${signs}[\\r\\n]*|${blanks}`,
}

const files: Readonly<Record<VocabularyName, () => Promise<{ default: Parameters<typeof ranksOf>[0] }>>> = {
  o200k: () => import('gpt-tokenizer/bpeRanks/o200k_base'),
  cl100k: () => import('gpt-tokenizer/bpeRanks/cl100k_base'),
}

const loaded = new Map<VocabularyName, Promise<Vocabulary>>()

/** Loads it when it is first asked for, which takes a third of a second and up to 50 MB. */
export function vocabulary(name: VocabularyName): Promise<Vocabulary> {
  let found = loaded.get(name)
  if (found === undefined) {
    found = load(name)
    loaded.set(name, found)
  }
  return found
}

async function load(name: VocabularyName): Promise<Vocabulary> {
  const ranks = ranksOf((await files[name]()).default)
  return { pieces: new RegExp(patterns[name], 'gu'), count: (piece) => countPairs(piece, ranks) }
}
