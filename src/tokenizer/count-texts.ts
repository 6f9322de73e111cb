/**
 * Counts the tokens of texts within a time that is set. Byte pair encoding takes the square of the length of a run without spaces: 200,000 equal
 * letters would take twenty seconds. So no more than a slice is encoded at once.
 */
import type { Vocabulary } from './vocabularies.ts'

/** Letters of a piece that is encoded at once. Cutting a longer one makes one token too many at most. */
const longestPiece = 512

/** Letters that are taken apart at once: patterns go back over what they cannot match, and have only so much room for that. */
const longestSlice = 16_384

/** How many pieces are counted between two looks at the clock. */
const piecesAtOnce = 256

/** Letters of a token where nothing is known of the text. */
const usualLetters = 4

/** Stops at `deadline`, a time on the clock of `now`: what is left is taken to be like what was counted. */
export function countTexts(
  texts: readonly string[],
  vocabulary: Vocabulary,
  now: () => number,
  deadline: number,
): number {
  let tokens = 0
  let letters = 0
  let pieces = 0
  for (const text of texts) {
    for (const piece of piecesOf(text, vocabulary)) {
      if (pieces++ % piecesAtOnce === 0 && now() > deadline) return estimated(texts, tokens, letters)
      tokens += vocabulary.count(piece)
      letters += piece.length
    }
  }
  return tokens
}

/** What texts come to by their length alone. */
export function estimateByLength(texts: readonly string[]): number {
  return estimated(texts, 0, 0)
}

function estimated(texts: readonly string[], tokens: number, letters: number): number {
  const all = texts.reduce((sum, text) => sum + text.length, 0)
  const each = letters === 0 ? 1 / usualLetters : tokens / letters
  return tokens + Math.ceil((all - letters) * each)
}

function* piecesOf(text: string, { pieces }: Vocabulary): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = sliceEnd(text, at)
    // Half a surrogate pair is U+FFFD to whoever counts bytes.
    for (const [piece] of text.slice(at, end).toWellFormed().matchAll(pieces)) {
      if (piece.length <= longestPiece) yield piece
      else yield* cut(piece)
    }
    at = end
  }
}

function* cut(piece: string): Generator<string> {
  for (let at = 0; at < piece.length; ) {
    const end = wholeEnd(piece, at + longestPiece)
    yield piece.slice(at, end)
    at = end
  }
}

/** Before the last single space, where a piece begins in any case; without one, anywhere but inside a surrogate pair. */
function sliceEnd(text: string, at: number): number {
  const end = at + longestSlice
  if (end >= text.length) return text.length
  for (let position = end; position > at + longestSlice / 2; position--) {
    if (text[position] === ' ' && !isSpace(text, position + 1) && !isSpace(text, position - 1)) return position
  }
  return wholeEnd(text, end)
}

/** Not inside a surrogate pair. */
function wholeEnd(text: string, end: number): number {
  if (end >= text.length) return text.length
  return (text.charCodeAt(end - 1) & 0xfc00) === 0xd800 ? end - 1 : end
}

function isSpace(text: string, at: number): boolean {
  return at >= text.length || text.charCodeAt(at) <= 32
}
