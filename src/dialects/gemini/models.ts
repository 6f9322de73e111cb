/**
 * What differs from model to model: how thinking is asked for, and what came with the third generation.
 * https://ai.google.dev/gemini-api/docs/generate-content/thinking
 * https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/thinking
 */

/** How a model is told how much to think. */
export type Thinking =
  /** In tokens, within a range; `off`: none at all can be asked for. */
  | { readonly kind: 'budget'; readonly least: number; readonly most: number; readonly off: boolean }
  /** In words, from the least on. None at all cannot be asked for. */
  | { readonly kind: 'levels'; readonly levels: readonly string[] }
  | { readonly kind: 'none' }

export interface Traits {
  readonly thinking: Thinking
  /**
   * The third generation and later: calls must come back with their signatures, functions go together with tools of Google's and with a
   * response format, results of functions may hold pictures, and pictures may be looked at more or less closely.
   */
  readonly modern: boolean
}

const budget = (least: number, most: number, off: boolean): Thinking => ({ kind: 'budget', least, most, off })
const levels = (...words: string[]): Thinking => ({ kind: 'levels', levels: words })
const none: Thinking = { kind: 'none' }

/** What is assumed of models that no row names: every model since 3.7 has these. */
const usual = levels('low', 'medium', 'high')

/** The first row that fits is the one. */
const rows: readonly (readonly [RegExp, Thinking])[] = [
  [/^gemini-2\.5-.*(image|tts)/, none],
  [/^gemini-2\.5-flash-lite/, budget(512, 24_576, true)],
  [/^gemini-2\.5-flash|^gemini-robotics-er-1/, budget(1, 24_576, true)],
  [/^gemini-2\.5/, budget(128, 32_768, false)],
  [/^gemini-(1|2\.0|pro$|pro-vision)|^gemma|^learnlm/, none],
  [/^gemini-3-pro-image/, levels('high')],
  [/^gemini-3\.1-flash.*-image/, levels('minimal', 'high')],
  [/^gemini-3-pro/, levels('low', 'high')],
  [/^gemini-3(\.1|\.5|\.6)?-flash/, levels('minimal', 'low', 'medium', 'high')],
]

/** By the first of the names that says which model it is; each with or without a prefix. */
export function traitsOf(...names: (string | undefined)[]): Traits {
  const thinking = names.map((name) => name && thinkingOf(modelName(name).toLowerCase())).find(Boolean) || usual
  return { thinking, modern: thinking.kind === 'levels' }
}

function thinkingOf(name: string): Thinking | undefined {
  return rows.find(([pattern]) => pattern.test(name))?.[1] ?? (name.startsWith('gemini-') ? usual : undefined)
}

const prefix = /^(?:publishers\/google\/models\/|models\/|google\/(?:models\/)?)/

/** The model without what other places put before its name: `models/gemini-…` (Google's lists), `google/gemini-…` (OpenRouter's). */
export function modelName(model: string): string {
  return model.replace(prefix, '')
}
