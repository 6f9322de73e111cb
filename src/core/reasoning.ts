/** How much to think: efforts and budgets of tokens, and how one is guessed from the other. */
import type { Reasoning } from './chat.ts'
import { tableOf } from './wire.ts'

/** From not at all to as much as can be. */
export const efforts: readonly string[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** What share of the output cap an effort may think. */
const shares = tableOf<number>({
  minimal: 0.1,
  low: 0.2,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.9,
  max: 0.95,
})

/** The output that is reckoned with where nobody said how much it may be. */
const usualCap = 16_384

/** The effort of those offered that is closest to the one wanted; undefined where `none` is wanted of a model that cannot but think. */
export function nearestEffort(wanted: string, offered: readonly string[]): string | undefined {
  if (offered.includes(wanted) || !efforts.includes(wanted)) return wanted
  if (wanted === 'none') return undefined
  const rank = efforts.indexOf(wanted)
  const distance = (effort: string) => Math.abs(efforts.indexOf(effort) - rank)
  return offered.filter((effort) => effort !== 'none').sort((one, other) => distance(one) - distance(other))[0]
}

/** The effort that comes closest to a budget of tokens: by its share of the output cap, or by its size where there is no cap. */
export function effortOfBudget(budget: number, cap: number | undefined): string {
  if (budget <= 0) return 'none'
  const share = budget / (cap !== undefined && cap > budget ? cap : usualCap)
  return share < 0.3 ? 'low' : share < 0.7 ? 'medium' : 'high'
}

/** Whole tokens that an effort may think; 0 for `none`. Words that are not known count as `medium`. */
export function budgetOfEffort(effort: string, cap: number | undefined): number {
  if (effort === 'none') return 0
  return Math.floor((shares[effort] ?? 0.5) * (cap ?? usualCap))
}

/** What is wished for as an effort; undefined where nothing is. */
export function wantedEffort({ effort, enabled, maxTokens }: Reasoning, cap: number | undefined): string | undefined {
  if (effort !== undefined) return effort
  if (enabled === false) return 'none'
  if (maxTokens !== undefined) return effortOfBudget(maxTokens, cap)
  return enabled === true ? 'medium' : undefined
}

/** What is wished for as a budget of tokens, 0 being none at all; undefined where nothing is wished for. */
export function wantedBudget({ effort, enabled, maxTokens }: Reasoning, cap: number | undefined): number | undefined {
  if (enabled === false) return 0
  if (maxTokens !== undefined) return Math.max(0, maxTokens)
  if (effort !== undefined) return budgetOfEffort(effort, cap)
  return enabled === true ? budgetOfEffort('medium', cap) : undefined
}
