/**
 * Makes a string that a regular expression matches, without ever running the expression: one from outside could run for years.
 * Knows what JSON Schemas use: literals, classes, groups, alternatives, repetition, anchors.
 * https://262.ecma-international.org/#sec-patterns
 */

/** The pattern uses something this cannot make a match for. */
class UnknownSyntax extends Error {}

const longest = 10_000
const longestPattern = 1000

/** A string of at least `least` letters that `pattern` matches, or undefined where the pattern is beyond this. */
export function generateMatch(pattern: string, least: number): string | undefined {
  if (pattern.length > longestPattern) return undefined
  try {
    for (let extra = 0; ; extra = Math.min(least, extra < 64 ? extra + 1 : extra * 2)) {
      const match = new Writer(pattern, extra).write()
      if (match.length >= least) return match
      if (extra >= least) return undefined
    }
  } catch (error) {
    if (error instanceof UnknownSyntax) return undefined
    throw error
  }
}

const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index))
const classes: Record<string, (letter: string) => boolean> = {
  d: (letter) => letter >= '0' && letter <= '9',
  w: (letter) => letter === '_' || /^[a-z0-9]$/i.test(letter),
  s: (letter) => letter === ' ',
}
const controls: Record<string, string> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', 0: '\0' }
/** Letters before digits before signs: what is made shall be readable. */
const preferred = [...printable, ' '].toSorted((one, other) => rank(one) - rank(other))

function rank(letter: string): number {
  if (letter >= 'a' && letter <= 'z') return 0
  if (letter >= '0' && letter <= '9') return 1
  return letter >= 'A' && letter <= 'Z' ? 2 : 3
}

/** Reads the pattern from left to right and writes a match as it goes. `extra` is added to each repetition that has room. */
class Writer {
  private readonly pattern: string
  private readonly extra: number
  private at = 0

  constructor(pattern: string, extra: number) {
    this.pattern = pattern
    this.extra = extra
  }

  write(): string {
    const match = this.alternatives()
    if (this.at < this.pattern.length) throw new UnknownSyntax()
    return match
  }

  /** The first alternative is written, the others are read over. */
  private alternatives(): string {
    const first = this.sequence()
    while (this.take('|')) this.sequence()
    return first
  }

  private sequence(): string {
    let written = ''
    while (this.at < this.pattern.length && !'|)'.includes(this.pattern[this.at]!)) {
      const one = this.atom()
      const count = this.repetition()
      if (written.length + one.length * count > longest) throw new UnknownSyntax()
      written += one.repeat(count)
    }
    return written
  }

  private atom(): string {
    const letter = this.next()
    if (letter === '^' || letter === '$') return ''
    if (letter === '.') return 'a'
    if (letter === '[') return this.oneOfClass()
    if (letter === '(') return this.group()
    if (letter === '\\') return this.escape()
    if ('*+?'.includes(letter)) throw new UnknownSyntax()
    return letter
  }

  private group(): string {
    if (this.take('?') && !this.take(':')) {
      const named = /^<[A-Za-z_]\w*>/.exec(this.pattern.slice(this.at, this.at + 100))
      if (!named) throw new UnknownSyntax()
      this.at += named[0].length
    }
    const inside = this.alternatives()
    if (!this.take(')')) throw new UnknownSyntax()
    return inside
  }

  private escape(): string {
    const letter = this.next()
    if (letter === 'b') return ''
    const test = classTest(letter)
    if (test) return choose(test)
    return this.literalEscape(letter)
  }

  private literalEscape(letter: string): string {
    if (letter === 'u' || letter === 'x') {
      const digits = this.pattern.slice(this.at, this.at + (letter === 'u' ? 4 : 2))
      if (!/^[0-9a-f]+$/i.test(digits)) throw new UnknownSyntax()
      this.at += digits.length
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    if (Object.hasOwn(controls, letter)) return controls[letter]!
    if (/^[a-z0-9]$/i.test(letter)) throw new UnknownSyntax()
    return letter
  }

  private oneOfClass(): string {
    const negated = this.take('^')
    const tests: ((letter: string) => boolean)[] = []
    let first: string | undefined
    while (!this.take(']')) {
      const from = this.next()
      const test = from === '\\' ? classTest(this.pattern[this.at]) : undefined
      if (test) {
        this.at++
        tests.push(test)
        continue
      }
      const low = from === '\\' ? this.literalEscape(this.next()) : from
      const high = this.rangeEnd() ?? low
      first ??= low
      tests.push((letter) => letter >= low && letter <= high)
    }
    if (negated) return choose((letter) => !tests.some((test) => test(letter)))
    return preferred.find((letter) => tests.some((test) => test(letter))) ?? first ?? fail()
  }

  private rangeEnd(): string | undefined {
    if (this.pattern[this.at] !== '-' || this.pattern[this.at + 1] === ']') return undefined
    this.at++
    const to = this.next()
    return to === '\\' ? this.literalEscape(this.next()) : to
  }

  /** How often the atom just read is written: the least, and `extra` more where that is allowed. */
  private repetition(): number {
    const [least, most] = this.bounds()
    this.take('?')
    return Math.min(most, least + this.extra)
  }

  private bounds(): [number, number] {
    if (this.take('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.take('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.take('?')) return [0, 1]
    const braces = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(this.pattern.slice(this.at, this.at + 25))
    if (!braces) return [1, 1]
    this.at += braces[0].length
    const least = Number(braces[1])
    if (braces[2] === undefined) return [least, least]
    return [least, braces[3] ? Number(braces[3]) : Number.POSITIVE_INFINITY]
  }

  private next(): string {
    const letter = this.pattern[this.at++]
    return letter ?? fail()
  }

  private take(letter: string): boolean {
    if (this.pattern[this.at] !== letter) return false
    this.at++
    return true
  }
}

function classTest(letter: string | undefined): ((letter: string) => boolean) | undefined {
  if (letter === undefined || !/^[dwsDWS]$/.test(letter)) return undefined
  const test = classes[letter.toLowerCase()]!
  return letter === letter.toLowerCase() ? test : (other) => !test(other)
}

function choose(test: (letter: string) => boolean): string {
  return preferred.find(test) ?? fail()
}

function fail(): never {
  throw new UnknownSyntax()
}
