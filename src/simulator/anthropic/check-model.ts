/**
 * What the model that is asked takes of thinking, effort and sampling, and what cannot go together.
 * https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting,
 * https://platform.claude.com/docs/en/build-with-claude/extended-thinking
 */
import type { Refused } from '../errors.ts'
import type { Rule, Strictness } from './check-request.ts'
import { invalid } from './errors.ts'
import type { MessagesRequest } from './request-schema.ts'

export const checkModel: Rule = (request, strictness) => {
  for (const check of [checkTokens, checkEffort, checkThinking, checkSampling, checkStops, checkSpeed]) {
    const refusal = check(request, strictness)
    if (refusal) return refusal
  }
  return undefined
}

function checkTokens({ max_tokens: most }: MessagesRequest, { model, rules }: Strictness): Refused | undefined {
  if (most === undefined || most <= rules.mostTokens) return undefined
  return invalid(
    `max_tokens: ${most} > ${rules.mostTokens}, which is the maximum allowed number of output tokens for ${model}`,
  )
}

function checkEffort({ output_config }: MessagesRequest, { rules }: Strictness): Refused | undefined {
  const effort = output_config?.effort
  if (effort == null || rules.efforts.includes(effort)) return undefined
  if (rules.efforts.length === 0) return invalid('This model does not support the effort parameter.')
  const levels = rules.efforts.join(', ')
  return invalid(`This model does not support effort level '${effort}'. Supported levels: ${levels}.`)
}

const useAdaptive = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'

function checkThinking(request: MessagesRequest, strictness: Strictness): Refused | undefined {
  const { thinking } = request
  const { rules, betas } = strictness
  switch (thinking?.type) {
    case 'enabled':
      if (!rules.budget) return invalid(`"thinking.type.enabled" is not supported for this model. ${useAdaptive}`)
      return checkDisplay(thinking.display, betas) ?? checkBudget(request, thinking.budget_tokens, betas)
    case 'adaptive':
      if (!rules.adaptive) return invalid('adaptive thinking is not supported on this model')
      return checkDisplay(thinking.display, betas)
    case 'between_tools':
      if (rules.off === 'between_tools') return undefined
      return invalid('"thinking.type.between_tools" is not supported for this model.')
    case 'disabled':
      return checkDisabled(request, strictness)
    default:
      return undefined
  }
}

function checkDisabled({ output_config }: MessagesRequest, { rules }: Strictness): Refused | undefined {
  if (rules.off === 'never' || rules.off === 'between_tools') {
    return invalid(`"thinking.type.disabled" is not supported for this model. ${useAdaptive}`)
  }
  const high = output_config?.effort === 'xhigh' || output_config?.effort === 'max'
  if (rules.off === 'disabled' || !high) return undefined
  return invalid(`"thinking.type.disabled" is not supported at effort '${output_config.effort}' for this model.`)
}

function checkDisplay(display: string | null | undefined, betas: ReadonlySet<string>): Refused | undefined {
  if (display !== 'updates' || betas.has('thinking-display-updates-2026-08-18')) return undefined
  return invalid("thinking.adaptive.display: Input should be 'summarized' or 'omitted'")
}

function checkBudget(request: MessagesRequest, budget: number, betas: ReadonlySet<string>): Refused | undefined {
  const { max_tokens: most, tool_choice: choice } = request
  const interleaved = betas.has('interleaved-thinking-2025-05-14') && (request.tools?.length ?? 0) > 0
  if (most !== undefined && budget >= most && !interleaved) {
    return invalid('`max_tokens` must be greater than `thinking.budget_tokens`.')
  }
  if (choice?.type === 'any' || choice?.type === 'tool') {
    return invalid('Thinking may not be enabled when tool_choice forces tool use.')
  }
  return undefined
}

/** Whether a request makes its model think. */
export function thinks({ thinking }: MessagesRequest, { rules }: Pick<Strictness, 'rules'>): boolean {
  if (!thinking) return rules.thinks
  return thinking.type === 'enabled' || thinking.type === 'adaptive'
}

function checkSampling(request: MessagesRequest, strictness: Strictness): Refused | undefined {
  const { temperature, top_p, top_k } = request
  if (strictness.rules.sampling === 'default') {
    if (temperature !== undefined && temperature !== 1) return invalid('`temperature` is deprecated for this model.')
    if (top_p !== undefined && top_p < 0.99) return invalid('`top_p` is deprecated for this model.')
    if (top_k !== undefined) return invalid('`top_k` is deprecated for this model.')
    return undefined
  }
  if (strictness.rules.sampling === 'one-at-a-time' && temperature !== undefined && top_p !== undefined) {
    return invalid('`temperature` and `top_p` cannot both be specified for this model. Please use only one.')
  }
  if (!thinks(request, strictness)) return undefined
  if (temperature !== undefined && temperature !== 1) {
    return invalid('`temperature` may only be set to 1 when thinking is enabled.')
  }
  if (top_k !== undefined) return invalid('`top_k` must be unset when thinking is enabled.')
  return top_p !== undefined && top_p < 0.95
    ? invalid('`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.')
    : undefined
}

function checkStops({ stop_sequences: stops = [] }: MessagesRequest): Refused | undefined {
  const blank = stops.some((stop) => stop.trim() === '')
  return blank ? invalid('stop_sequences: each stop sequence must contain non-whitespace') : undefined
}

/** https://platform.claude.com/docs/en/build-with-claude/fast-mode */
function checkSpeed({ speed }: MessagesRequest, { betas }: Strictness): Refused | undefined {
  return speed === 'fast' && !betas.has('fast-mode-2026-02-01')
    ? invalid('speed: Extra inputs are not permitted')
    : undefined
}
