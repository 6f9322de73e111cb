/**
 * What each generation of Gemini takes and refuses, by its name. The simulator's own models are like the newest, but take any thinking.
 * https://ai.google.dev/gemini-api/docs/thinking, https://ai.google.dev/gemini-api/docs/thought-signatures
 */

export interface GeminiRules {
  /** A function call of the current turn must come back with its signature. */
  needsSignatures: boolean
  /** Function calls have ids. */
  givesIds: boolean
  /** The range of `thinkingBudget` beside -1, and whether 0 turns thinking off. None: it does not think. */
  budget: { least: number; most: number; off: boolean } | undefined
  /** The words for `thinkingLevel`; none for those that know none. */
  levels: readonly string[]
  /** Functions beside Google's own tools, and beside a response of JSON. */
  combines: boolean
}

const levels = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH']
const own: GeminiRules = {
  needsSignatures: true,
  givesIds: true,
  budget: { least: 0, most: 32_768, off: true },
  levels: [...levels, 'XHIGH'],
  combines: true,
}
const second: GeminiRules = { needsSignatures: false, givesIds: false, budget: undefined, levels: [], combines: false }

/** The first that fits a name counts. */
const rules: readonly [name: RegExp, rules: GeminiRules][] = [
  [/^gemini-(?:1|2\.0)/, second],
  [/^gemini-2\.5-pro/, { ...second, budget: { least: 128, most: 32_768, off: false } }],
  [/^gemini-2\.5-flash-lite/, { ...second, budget: { least: 512, most: 24_576, off: true } }],
  [/^gemini-2\.5/, { ...second, budget: { least: 1, most: 24_576, off: true } }],
  [/^gemini-.*-pro/, { ...own, budget: { least: 128, most: 32_768, off: false }, levels: levels.slice(1) }],
  [/^gemini-/, { ...own, levels }],
]

/** The rules of a model. */
export function rulesOf(name: string): GeminiRules {
  return rules.find(([pattern]) => pattern.test(name))?.[1] ?? own
}
