/**
 * How much to think, said the way each generation of models is told.
 * https://platform.claude.com/docs/en/build-with-claude/thinking, https://platform.claude.com/docs/en/build-with-claude/extended-thinking,
 * https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking, https://platform.claude.com/docs/en/build-with-claude/effort
 */
import { asksForThinking } from '../../core/capabilities.ts'
import type { Reasoning } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { budgetOfEffort, effortOfBudget, nearestEffort } from '../../core/reasoning.ts'
import { defined } from '../../core/wire.ts'
import type { ModelTraits } from './models.ts'

const smallestBudget = 1024
const thoughtful = new Set(['xhigh', 'max'])

/** What a request says that thinking has to get along with. */
export interface Circumstances {
  /** The longest answer, thinking included; `asked`: as the client said. */
  readonly cap: number
  readonly askedCap: number | undefined
  /** A tool has to be called. */
  readonly forced: boolean
  /** The answer goes on from what the assistant has begun to say. */
  readonly prefilled: boolean
  /** The calls of the last turn came without the thoughts before them. */
  readonly thoughtless: boolean
  /** See `Host.forcesThoughtless`. */
  readonly forcesThoughtless: boolean
}

export interface ThinkingPlan {
  readonly thinking?: JsonObject
  readonly effort?: string
  /** Thoughts will be part of the answer, with what that forbids. */
  readonly thinks: boolean
  /** Wishes that could not be met, by their names in a chat completion request. */
  readonly dropped: readonly string[]
}

const nothing: ThinkingPlan = { thinks: false, dropped: [] }

export function planThinking(
  wish: Reasoning | undefined,
  traits: ModelTraits,
  circumstances: Circumstances,
): ThinkingPlan {
  if (wish === undefined || saysNothing(wish)) return byItself(traits, circumstances)
  const name = nameOf(wish)
  if (!asksForThinking(wish)) return notAtAll(name, traits)
  if (traits.thinking === 'never') return { thinks: false, dropped: [name] }
  // Thinking beside a forced call, or beside an answer that is begun, is refused; the wish that is easier to do without gives way.
  if (circumstances.forced || circumstances.prefilled) {
    const plan = byItself(traits, circumstances)
    // The highest efforts cannot be had without thinking.
    const efforts =
      plan.thinking === undefined ? traits.efforts : traits.efforts.filter((effort) => !thoughtful.has(effort))
    return { ...plan, ...effortOf(wish, efforts, circumstances), dropped: [name] }
  }
  if (traits.thinking === 'budget' || (traits.thinking === 'either' && wish.maxTokens !== undefined)) {
    // A budget needs the thoughts before calls that were made with one.
    if (!circumstances.thoughtless) return withBudget(wish, traits, circumstances)
    if (traits.thinking === 'budget') return { thinks: false, dropped: [name] }
  }
  return { ...asItSeesFit(wish, traits), ...effortOf(wish, traits.efforts, circumstances) }
}

function saysNothing({ effort, enabled, maxTokens }: Reasoning): boolean {
  return effort === undefined && enabled === undefined && maxTokens === undefined
}

/** The wish as clients know it. */
function nameOf({ effort, maxTokens }: Reasoning): string {
  if (effort !== undefined) return 'reasoning_effort'
  return maxTokens === undefined ? 'reasoning' : 'reasoning.max_tokens'
}

function byItself({ thinksByItself, off }: ModelTraits, { forced, forcesThoughtless }: Circumstances): ThinkingPlan {
  if (forced && thinksByItself && forcesThoughtless && off !== undefined) return { ...nothing, thinking: { type: off } }
  return nothing
}

/** A model that cannot but think is asked to think little. */
function notAtAll(name: string, { off, thinksByItself, efforts }: ModelTraits): ThinkingPlan {
  if (off !== undefined) return thinksByItself ? { ...nothing, thinking: { type: off } } : nothing
  const [least] = efforts
  return { ...nothing, ...(least !== undefined && { effort: least }), dropped: [name] }
}

function withBudget(wish: Reasoning, traits: ModelTraits, { cap, askedCap }: Circumstances): ThinkingPlan {
  const name = nameOf(wish)
  // There has to be room for an answer behind the thoughts.
  if (cap <= smallestBudget) return { thinks: false, dropped: [name] }
  const wanted = wish.maxTokens ?? budgetOfEffort(wish.effort ?? 'medium', askedCap)
  const budget = Math.min(Math.max(wanted, smallestBudget), cap - 1)
  const { effort } = wish
  return {
    thinking: { type: 'enabled', budget_tokens: budget, ...displayOf(wish, traits) },
    ...(effort !== undefined && traits.efforts.length > 0 && { effort: nearestEffort(effort, traits.efforts)! }),
    thinks: true,
    dropped: wish.maxTokens !== undefined && budget !== wish.maxTokens ? [name] : [],
  }
}

function asItSeesFit(wish: Reasoning, traits: ModelTraits): ThinkingPlan {
  return { thinking: { type: 'adaptive', ...displayOf(wish, traits) }, thinks: true, dropped: [] }
}

/** The effort a wish comes to; none where only thinking as such is wished for. */
function effortOf(
  { effort, maxTokens }: Reasoning,
  efforts: readonly string[],
  { askedCap }: Circumstances,
): { effort?: string } {
  if (efforts.length === 0) return {}
  const wanted = effort ?? (maxTokens === undefined ? undefined : effortOfBudget(maxTokens, askedCap))
  return defined({ effort: wanted === undefined ? undefined : nearestEffort(wanted, efforts) })
}

/** Who asks for thinking wants to see it. */
function displayOf({ display }: Reasoning, { hidesThoughts }: ModelTraits): { display?: string } {
  const wanted = display ?? (hidesThoughts ? 'summarized' : undefined)
  return wanted === undefined ? {} : { display: wanted }
}
