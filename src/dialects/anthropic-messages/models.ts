/**
 * What the models of this family can do, by generation: how long they answer, how they are told to think, and what they refuse.
 * https://platform.claude.com/docs/en/about-claude/models/overview,
 * https://platform.claude.com/docs/en/build-with-claude/thinking#configuring-thinking,
 * https://platform.claude.com/docs/en/build-with-claude/effort, read on 2026-11-27
 */
import { tableOf } from '../../core/wire.ts'

/**
 * How a model is told to think. `never`: not at all. `budget`: so many tokens of its answer. `either`: a budget, or as it sees fit.
 * `adaptive`: only as it sees fit.
 */
export type ThinkingMode = 'never' | 'budget' | 'either' | 'adaptive'

export interface ModelTraits {
  /** The longest answer, in tokens, thinking included. */
  readonly longestAnswer: number
  readonly thinking: ThinkingMode
  /** What `thinking.type` turns thinking off; undefined where it cannot be. */
  readonly off: 'disabled' | 'between_tools' | undefined
  /** It thinks unless it is told not to. */
  readonly thinksByItself: boolean
  /** It shows its thoughts only when it is asked to. */
  readonly hidesThoughts: boolean
  /** Empty: it knows no efforts. */
  readonly efforts: readonly string[]
  /** Takes `temperature`, `top_p` and `top_k`. */
  readonly sampling: 'all' | 'not-both' | 'none'
  /** Goes on with what an assistant has begun to say. */
  readonly prefill: boolean
  /** Can be made to call a tool. */
  readonly forcedTools: boolean
  /** Answers by a JSON schema, and calls tools strictly by theirs. */
  readonly schemas: boolean
  /** Takes messages of the system in mid conversation. */
  readonly systemInside: boolean
}

const fiveEfforts = ['low', 'medium', 'high', 'xhigh', 'max']

/** Claude 3.7 and the first Claude 4. */
const budgeted: ModelTraits = {
  longestAnswer: 64_000,
  thinking: 'budget',
  off: 'disabled',
  thinksByItself: false,
  hidesThoughts: false,
  efforts: [],
  sampling: 'all',
  prefill: true,
  forcedTools: true,
  schemas: false,
  systemInside: false,
}
const early: ModelTraits = { ...budgeted, thinking: 'never', longestAnswer: 4_096 }
const opus4: ModelTraits = { ...budgeted, longestAnswer: 32_000, sampling: 'not-both' }
const claude45: ModelTraits = { ...budgeted, sampling: 'not-both', schemas: true }
const claude46: ModelTraits = {
  ...claude45,
  longestAnswer: 128_000,
  thinking: 'either',
  efforts: ['low', 'medium', 'high', 'max'],
  prefill: false,
}
/** Claude Opus 4.7 does away with budgets and sampling. */
const claude47: ModelTraits = {
  ...claude46,
  thinking: 'adaptive',
  hidesThoughts: true,
  efforts: fiveEfforts,
  sampling: 'none',
}
const claude5: ModelTraits = { ...claude47, thinksByItself: true }
const alwaysThinking: ModelTraits = { ...claude5, off: undefined, systemInside: true }
const unforced: ModelTraits = { ...alwaysThinking, forcedTools: false }

/** By family, the newest first: from which version on the traits hold. */
const families = tableOf<readonly (readonly [from: number, traits: ModelTraits])[]>({
  opus: [
    [5.5, unforced],
    [5, { ...claude5, systemInside: true }],
    [4.8, { ...claude47, systemInside: true }],
    [4.7, claude47],
    [4.6, claude46],
    [4.5, { ...claude45, efforts: ['low', 'medium', 'high'] }],
    [4, opus4],
    [0, early],
  ],
  sonnet: [
    [5.5, { ...unforced, off: 'between_tools' }],
    [5, claude5],
    [4.6, claude46],
    [4.5, claude45],
    [4, { ...budgeted, sampling: 'not-both' }],
    [3.7, budgeted],
    [3.5, { ...early, longestAnswer: 8_192 }],
    [0, early],
  ],
  haiku: [
    [5.5, { ...claude5, systemInside: true }],
    [4.5, claude45],
    [3.5, { ...early, longestAnswer: 8_192 }],
    [0, early],
  ],
  fable: [
    [5.1, unforced],
    [0, alwaysThinking],
  ],
  mythos: [
    [5.1, unforced],
    [5, alwaysThinking],
    [0, { ...alwaysThinking, thinking: 'either', efforts: claude46.efforts }],
  ],
})

/**
 * A model that is not known by its name: a deployment somebody named, or one that is newer than this table. It is told to think as the newest
 * are, left its other parameters, and given a length that every model on offer has.
 */
const unknown: ModelTraits = {
  ...claude5,
  longestAnswer: 32_000,
  sampling: 'all',
  prefill: true,
}

/** `claude-opus-4-5-20251101`, `anthropic.claude-opus-4-5-20251101-v1:0`, `claude-opus-4-5@20251101`, `claude-3-5-haiku`, `claude-sonnet-4.5` */
const pattern =
  /claude-(?:(\d)(?:[-.](\d))?-)?(opus|sonnet|haiku|fable|mythos)(?:-(\d)(?![\d])(?:[-.](\d{1,2})(?!\d))?)?/i

const known = new Map<string, ModelTraits>()
/** Names come from clients, so not every one is remembered. */
const mostKnown = 1000

/** The traits of a model by the first of the names that says which it is. */
export function traitsOf(...names: (string | undefined)[]): ModelTraits {
  for (const name of names) {
    const traits = name === undefined ? undefined : (known.get(name) ?? lookUp(name))
    if (traits !== undefined) return traits
  }
  return unknown
}

function lookUp(name: string): ModelTraits | undefined {
  const found = pattern.exec(name)
  const [, before, beforeMinor, family = '', after, afterMinor] = found ?? []
  const rows = families[family.toLowerCase()]
  if (rows === undefined) return undefined
  // A preview comes before the first version; any other name without one means the newest.
  const unnamed = name.includes('preview') ? 0 : 9
  const version = Number(`${before ?? after ?? unnamed}.${beforeMinor ?? afterMinor ?? 0}`)
  const traits = rows.find(([from]) => version >= from)![1]
  if (known.size < mostKnown) known.set(name, traits)
  return traits
}
