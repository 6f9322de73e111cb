/**
 * How freely words are picked. https://platform.claude.com/docs/en/api/messages,
 * https://platform.claude.com/docs/en/build-with-claude/extended-thinking#feature-compatibility
 */
import { defined } from '../../core/wire.ts'

/** What a model, the version of the API and thinking leave of the wishes. */
export interface Picking {
  readonly takes: 'all' | 'not-both' | 'none'
  readonly thinks: boolean
}

export interface Sampling {
  temperature?: number | undefined
  top_p?: number | undefined
  top_k?: number | undefined
}

/** Below this, thinking is refused. */
const leastTopPOfThinking = 0.95

/** Wishes that the API takes, and the names of those it does not. What is the default anyway is not named. */
export function allowedSampling(wishes: Sampling, { takes, thinks }: Picking): { kept: Sampling; dropped: string[] } {
  const { temperature, top_p, top_k } = wishes
  const fixed = takes === 'none' || thinks
  const isFixed = thinks && takes !== 'none' && temperature === 1
  const kept: Sampling = defined({
    temperature: fixed && !isFixed ? undefined : within(temperature),
    top_p:
      takes === 'none' || (thinks && top_p !== undefined && top_p < leastTopPOfThinking) ? undefined : within(top_p),
    top_k: fixed ? undefined : top_k,
  })
  if (takes === 'not-both' && kept.temperature !== undefined) delete kept.top_p
  const dropped: string[] = []
  for (const name of ['temperature', 'top_p', 'top_k'] as const) {
    const isDefault = name !== 'top_k' && wishes[name] === 1
    if (wishes[name] !== undefined && wishes[name] !== kept[name] && !isDefault) dropped.push(name)
  }
  return { kept, dropped }
}

function within(share: number | undefined): number | undefined {
  return share === undefined ? undefined : Math.min(1, Math.max(0, share))
}
