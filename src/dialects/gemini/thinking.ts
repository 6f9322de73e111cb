/** How much to think, by what the model knows of it. https://ai.google.dev/gemini-api/docs/generate-content/thinking */
import type { Reasoning } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { nearestEffort, wantedBudget, wantedEffort } from '../../core/reasoning.ts'
import type { Thinking } from './models.ts'
import type { Writing } from './writing.ts'

/** As much as the model sees fit. */
const asItSeesFit = -1

/** Who asks for thought wants to see it, unless it is to be left out. */
export function writeThinking(wish: Reasoning, writing: Writing): void {
  const { traits, keeper, generationConfig, request } = writing
  keeper.put({}, wish.extra, 'reasoning')
  const { thinking } = traits
  const place = wish.effort === undefined ? 'reasoning' : 'reasoning_effort'
  if (thinking.kind === 'none') {
    if (wish.enabled !== false && wish.effort !== 'none' && wish.maxTokens !== 0) keeper.lose(place)
    return
  }
  const unwanted = wish.enabled === false || wish.effort === 'none' || wish.maxTokens === 0
  const asked = thinking.kind === 'levels' ? level(wish, thinking, writing) : tokens(wish, thinking, request.maxTokens)
  if (unwanted && !(thinking.kind === 'budget' && thinking.off)) keeper.lose(place)
  else if (thinking.kind === 'budget' && wish.maxTokens !== undefined && asked['thinkingBudget'] !== wish.maxTokens)
    keeper.lose('reasoning.max_tokens')
  const shown = !unwanted && wish.display !== 'omitted'
  generationConfig['thinkingConfig'] = { ...asked, ...(shown && { includeThoughts: true }) }
}

/** No thought at all cannot be had: the least there is comes closest. */
function level(wish: Reasoning, { levels }: Thinking & { kind: 'levels' }, { request }: Writing): JsonObject {
  if (wish.effort === undefined && wish.maxTokens === undefined && wish.enabled !== false) return {}
  const wanted = wantedEffort(wish, request.maxTokens)
  if (wanted === undefined) return {}
  const nearest = nearestEffort(wanted, levels) ?? levels[0]!
  return { thinkingLevel: nearest.toUpperCase() }
}

function tokens(
  wish: Reasoning,
  { least, most, off }: Thinking & { kind: 'budget' },
  cap: number | undefined,
): JsonObject {
  if (wish.effort === undefined && wish.maxTokens === undefined && wish.enabled === true)
    return { thinkingBudget: asItSeesFit }
  const budget = wantedBudget(wish, cap)
  if (budget === undefined) return {}
  if (budget === 0 && off) return { thinkingBudget: 0 }
  return { thinkingBudget: Math.min(most, Math.max(least, Math.floor(budget))) }
}
