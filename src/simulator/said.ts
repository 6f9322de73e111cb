/** What of a draft is said: cut at a stop sequence, then at the limits, on whatever wire. */
import type { Draft } from './behaviours.ts'
import { countTokens, firstTokens } from './tokens.ts'
import type { DraftCall } from './tools.ts'

/** Why an answer ended. */
export type Ending = 'end' | 'stop-sequence' | 'calls' | 'length' | CutShort

/** Why a model breaks off by itself. */
export type CutShort = 'length' | 'content-filter' | 'recitation' | 'context-window' | 'pause' | 'malformed-call'

export interface Said {
  reasoning: string | null
  text: string | null
  afterthought: string | null
  refusal: string | null
  calls: DraftCall[]
  ending: Ending
  /** The stop sequence that was met. */
  stopSequence: string | null
}

export interface Limits {
  stop?: readonly string[] | undefined
  /** The most tokens. Reasoning counts against it first. */
  most?: number | undefined
}

/** What is left of the draft. */
export function say(draft: Draft, { stop = [], most = Number.POSITIVE_INFINITY }: Limits): Said {
  const stopped = draft.text === null ? undefined : cutAtStop(draft.text, stop)
  const half = draft.cutShort && stopped ? Math.ceil(countTokens(stopped.text) / 2) : Number.POSITIVE_INFINITY
  const budget = new Budget(most)
  const reasoning = draft.reasoning === undefined ? null : budget.take(draft.reasoning)
  const text = stopped ? budget.take(firstTokens(stopped.text, half)) : null
  const refusal = draft.refusal === undefined ? null : budget.take(draft.refusal)
  const afterthought = draft.afterthought && !budget.broken && !draft.cutShort ? budget.take(draft.afterthought) : null
  const calls: DraftCall[] = []
  for (const call of draft.calls ?? []) {
    if (budget.name()) calls.push({ ...call, text: budget.take(call.text) })
  }
  const met = !budget.broken && !draft.cutShort ? (stopped?.sequence ?? null) : null
  const ending = endingOf(draft, budget.broken, met !== null)
  return { reasoning, text, afterthought, refusal, calls, stopSequence: met, ending }
}

function endingOf(draft: Draft, broken: boolean, stopped: boolean): Ending {
  if (broken) return 'length'
  if (draft.cutShort) return draft.cutShort
  if (draft.calls) return 'calls'
  return stopped ? 'stop-sequence' : 'end'
}

/** Tokens that may still be said. */
class Budget {
  broken = false
  private left: number

  constructor(tokens: number) {
    this.left = tokens
  }

  take(text: string): string {
    const count = countTokens(text)
    const taken = Math.min(this.left, count)
    this.left -= taken
    if (taken === count) return text
    this.broken = true
    return firstTokens(text, taken)
  }

  /** The name of a tool costs one token; without one left there is no call. */
  name(): boolean {
    if (this.left > 0) this.left--
    else this.broken = true
    return !this.broken
  }
}

function cutAtStop(text: string, stop: readonly string[]): { text: string; sequence: string | null } {
  const [first] = stop
    .filter((sequence) => sequence !== '')
    .map((sequence) => ({ sequence, at: text.indexOf(sequence) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)
  return first ? { text: text.slice(0, first.at), sequence: first.sequence } : { text, sequence: null }
}

/** How many tokens an answer has: its thoughts, and the rest. A call counts its name as one. */
export function countSaid({ reasoning, text, afterthought, refusal, calls }: Said): {
  reasoning: number
  text: number
} {
  const called = calls.reduce((sum, call) => sum + 1 + countTokens(call.text), 0)
  return {
    reasoning: countTokens(reasoning ?? '') + countTokens(afterthought ?? ''),
    text: countTokens(text ?? refusal ?? '') + called,
  }
}

/** All thoughts as one, for wires where they have one place. */
export function allThoughts({ reasoning, afterthought }: Said): string | null {
  return reasoning === null ? afterthought : afterthought === null ? reasoning : `${reasoning} ${afterthought}`
}
