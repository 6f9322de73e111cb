/**
 * Counts the tokens of texts with the vocabulary of OpenAI's newer models, within a time that is set. Byte pair encoding takes the square of
 * the length of a run without spaces: 200,000 equal letters would take twenty seconds. So no more than a slice is encoded at once.
 */

/** Letters of a slice. Cutting a longer run makes one token too many at most. */
const longestSlice = 512

/** How many slices are counted between two looks at the clock. */
const slicesAtOnce = 16

/** Letters of a token where nothing is known of the text. */
const usualLetters = 4

/** `encode` counts one slice. Stops at `deadline`, a time on the clock of `now`: what is left is taken to be like what was counted. */
export function countTexts(
  texts: readonly string[],
  encode: (slice: string) => number,
  now: () => number,
  deadline: number,
): number {
  let tokens = 0
  let letters = 0
  let slices = 0
  for (const text of texts) {
    for (let at = 0; at < text.length; ) {
      if (slices++ % slicesAtOnce === 0 && now() > deadline) return estimated(texts, tokens, letters)
      const end = sliceEnd(text, at)
      tokens += encode(text.slice(at, end))
      letters += end - at
      at = end
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

/** Before the last single space, where a token begins in any case; without one, anywhere but inside a surrogate pair. */
function sliceEnd(text: string, at: number): number {
  const end = at + longestSlice
  if (end >= text.length) return text.length
  for (let position = end; position > at + longestSlice / 2; position--) {
    if (text[position] === ' ' && !isSpace(text, position + 1) && !isSpace(text, position - 1)) return position
  }
  const isPair = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800
  return isPair ? end - 1 : end
}

function isSpace(text: string, at: number): boolean {
  return at >= text.length || text.charCodeAt(at) <= 32
}
