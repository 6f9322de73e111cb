/**
 * What each Claude takes and refuses, by its name. The simulator's own models take whatever some Claude takes.
 * https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting#rejected-configurations,
 * https://platform.claude.com/docs/en/build-with-claude/thinking#limits-and-feature-compatibility,
 * https://platform.claude.com/docs/en/build-with-claude/effort
 */

export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max'

export interface ClaudeRules {
  /** `thinking.type` `enabled` with a budget. */
  budget: boolean
  /** `thinking.type` `adaptive`. */
  adaptive: boolean
  /** How thinking is turned off: as one likes, only at effort `high` and below, with `between_tools`, or not at all. */
  off: 'disabled' | 'disabled-up-to-high' | 'between_tools' | 'never'
  /** Whether it thinks when `thinking` is left out. */
  thinks: boolean
  /** What `thinking.display` is when left out. */
  display: 'summarized' | 'omitted'
  efforts: readonly Effort[]
  /** Which effort it has when none is asked for. */
  effort: Effort
  /** `temperature`, `top_p` and `top_k` other than their defaults. */
  sampling: 'any' | 'one-at-a-time' | 'default'
  /** `tool_choice` `any` and `tool`. */
  forcedTools: boolean
  /** A conversation that ends with the assistant's words. */
  prefill: boolean
  /** Messages of role `system`. */
  systemMessages: boolean
  /** A thought is good only after what was said before it. */
  boundThoughts: boolean
  mostTokens: number
}

const allEfforts: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max']
const withoutXhigh: readonly Effort[] = ['low', 'medium', 'high', 'max']

/** The simulator's own models. */
const own: ClaudeRules = {
  budget: true,
  adaptive: true,
  off: 'disabled',
  thinks: false,
  display: 'summarized',
  efforts: allEfforts,
  effort: 'high',
  sampling: 'any',
  forcedTools: true,
  prefill: true,
  systemMessages: true,
  boundThoughts: false,
  mostTokens: Number.POSITIVE_INFINITY,
}

/** Claude 4.5 and older. */
const older: ClaudeRules = {
  ...own,
  adaptive: false,
  efforts: [],
  sampling: 'one-at-a-time',
  systemMessages: false,
  mostTokens: 64_000,
}
const claude46: ClaudeRules = {
  ...older,
  adaptive: true,
  efforts: withoutXhigh,
  prefill: false,
  mostTokens: 128_000,
}
/** Claude 4.7 and newer, before thinking was on by default. */
const claude47: ClaudeRules = {
  ...claude46,
  budget: false,
  display: 'omitted',
  efforts: allEfforts,
  sampling: 'default',
}
const claude48: ClaudeRules = { ...claude47, systemMessages: true }
const claude5: ClaudeRules = { ...claude48, thinks: true }
/** Those whose thinking cannot be turned off. */
const alwaysThinking: ClaudeRules = { ...claude5, off: 'never' }
const newest: ClaudeRules = { ...alwaysThinking, forcedTools: false, boundThoughts: true }

/** The first that fits a name counts. */
const rules: readonly [name: RegExp, rules: ClaudeRules][] = [
  [/^claude-mythos-preview/, { ...alwaysThinking, budget: true, efforts: withoutXhigh }],
  [/^claude-(?:fable|mythos)-5(?![-.]\d)/, alwaysThinking],
  [/^claude-(?:fable|mythos)-/, newest],
  [/^claude-opus-5[-.]5/, { ...newest, effort: 'medium' }],
  [/^claude-opus-5/, { ...claude5, off: 'disabled-up-to-high' }],
  [/^claude-sonnet-5[-.]5/, { ...claude5, off: 'between_tools', forcedTools: false }],
  [/^claude-sonnet-5/, { ...claude5, systemMessages: false }],
  [/^claude-haiku-5/, { ...claude5, effort: 'medium' }],
  [/^claude-opus-4[-.]8/, claude48],
  [/^claude-opus-4[-.]7/, claude47],
  [/^claude-(?:opus|sonnet)-4[-.]6/, claude46],
  [/^claude-opus-4[-.]5/, { ...older, efforts: ['low', 'medium', 'high'] }],
  [/^claude-(?:opus|sonnet|haiku)-4/, older],
  [/^claude-3[-.]7/, { ...older, sampling: 'any' }],
  [/^claude-3/, { ...older, budget: false, sampling: 'any', mostTokens: 8192 }],
]

/** The rules of a model. Names of other clouds, such as `us.anthropic.claude-opus-4-6-v1:0`, are known too. */
export function rulesOf(name: string): ClaudeRules {
  const claude = name.replace(/^.*\banthropic[./]/, '')
  return rules.find(([pattern]) => pattern.test(claude))?.[1] ?? own
}

/** The names of models that are listed beside the simulator's own. */
export const claudes = [
  'claude-haiku-4-5',
  'claude-sonnet-4-6',
  'claude-opus-4-8',
  'claude-opus-5',
  'claude-opus-5-5',
] as const
