/**
 * What the model takes of the settings: how much it may say, and what goes to it beside what Converse knows. For Claude those are fields of
 * its Messages API, thinking above all.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
 */
import type { ClaudeRules } from '../anthropic/claude.ts'
import type { ConverseRequest } from './converse-request.ts'
import { invalid } from './errors.ts'

/** The fields of a Claude request that Converse has no name for. */
const claudeFields = new Set([
  'thinking',
  'top_k',
  'anthropic_beta',
  'output_config',
  'context_management',
  'tool_choice',
  'tools',
])

export type Thinking = ({ type: 'enabled'; budget_tokens: number } | { type: 'adaptive' }) & {
  display?: 'summarized' | 'omitted'
}

/** Whether the model is to think aloud, and how much. */
export function thinkingOf({ additionalModelRequestFields: fields }: ConverseRequest): Thinking | undefined {
  const thinking = isObject(fields) ? fields['thinking'] : undefined
  if (!isObject(thinking) || (thinking['type'] !== 'enabled' && thinking['type'] !== 'adaptive')) return undefined
  return thinking as Thinking
}

/** Whether the model thinks, asked or not. */
export function thinks(request: ConverseRequest, claude: ClaudeRules | undefined): boolean {
  const fields = request.additionalModelRequestFields
  const thinking = isObject(fields) ? fields['thinking'] : undefined
  return thinkingOf(request) !== undefined || (thinking === undefined && claude?.thinks === true)
}

/** Models that are no Claude take what they like, and nobody else knows what. */
export function checkModelSettings(request: ConverseRequest, claude: ClaudeRules | undefined): void {
  const fields = request.additionalModelRequestFields ?? {}
  if (!isObject(fields)) {
    throw invalid(
      'The format of the value at additionalModelRequestFields is invalid. Provide a json object for the field and try again.',
    )
  }
  if (!claude) return
  const stranger = Object.keys(fields).find((name) => !claudeFields.has(name))
  if (stranger !== undefined) throw refused(`${stranger}: Extra inputs are not permitted`)
  checkLimits(request, claude)
  checkSampling(request, fields, claude)
  checkThinking(fields['thinking'], request, claude)
}

/** What the model itself refuses comes with these words before it. */
const refused = (what: string) => invalid(`The model returned the following errors: ${what}`)

function checkLimits({ inferenceConfig, toolConfig, outputConfig }: ConverseRequest, claude: ClaudeRules): void {
  const most = claude.mostTokens
  if ((inferenceConfig?.maxTokens ?? 0) > most) {
    throw invalid(
      `The maximum tokens you requested exceeds the model limit of ${most}. Try again with a maximum tokens value that is lower than ${most}.`,
    )
  }
  const { any, tool } = toolConfig?.toolChoice ?? {}
  if ((any ?? tool) && !claude.forcedTools)
    throw refused('tool_choice forces tool use is not compatible with this model.')
  const effort = outputConfig?.effort
  if (effort !== undefined && !claude.efforts.some((known) => known === effort)) {
    throw refused(`output_config.effort: '${effort}' is not supported by this model.`)
  }
  const blank = inferenceConfig?.stopSequences?.findIndex((sequence) => sequence.trim() === '') ?? -1
  if (blank >= 0) throw refused(`stop_sequences: each stop sequence must contain non-whitespace`)
}

function checkSampling(
  { inferenceConfig = {} }: ConverseRequest,
  fields: Record<string, unknown>,
  { sampling }: ClaudeRules,
): void {
  const { temperature, topP } = inferenceConfig
  if (sampling === 'one-at-a-time' && temperature !== undefined && topP !== undefined) {
    throw refused('`temperature` and `top_p` cannot both be specified for this model. Please use only one.')
  }
  if (sampling !== 'default') return
  if ((temperature ?? 1) !== 1) throw refused('`temperature` is deprecated for this model.')
  if ((topP ?? 1) !== 1) throw refused('`top_p` is deprecated for this model.')
  if (fields['top_k'] !== undefined) throw refused('`top_k` is deprecated for this model.')
}

function checkThinking(thinking: unknown, request: ConverseRequest, claude: ClaudeRules): void {
  if (thinking === undefined) return
  const type = isObject(thinking) ? thinking['type'] : undefined
  if (!isObject(thinking) || typeof type !== 'string' || !['enabled', 'disabled', 'adaptive'].includes(type)) {
    throw refused("thinking: Input tag must be one of the expected tags: 'adaptive', 'disabled', 'enabled'")
  }
  const supported = { enabled: claude.budget, adaptive: claude.adaptive, disabled: claude.off !== 'never' }
  if (!supported[type as keyof typeof supported])
    throw refused(`"thinking.type.${type}" is not supported for this model.`)
  if (type === 'enabled') checkBudget(thinking['budget_tokens'], request.inferenceConfig?.maxTokens)
  if (type !== 'disabled') checkBesideThinking(request)
}

const leastBudget = 1024

function checkBudget(budget: unknown, maxTokens: number | undefined): void {
  if (budget === undefined) throw refused('thinking.enabled.budget_tokens: Field required')
  if (!Number.isInteger(budget)) throw refused('thinking.enabled.budget_tokens: Input should be a valid integer')
  if ((budget as number) < leastBudget) {
    throw refused(`thinking.enabled.budget_tokens: Input should be greater than or equal to ${leastBudget}`)
  }
  if (maxTokens !== undefined && maxTokens <= (budget as number)) {
    throw refused('`max_tokens` must be greater than `thinking.budget_tokens`.')
  }
}

/** What does not go together with thinking. */
function checkBesideThinking({
  inferenceConfig = {},
  toolConfig,
  additionalModelRequestFields,
}: ConverseRequest): void {
  const fields = additionalModelRequestFields as Record<string, unknown>
  if ((inferenceConfig.temperature ?? 1) !== 1) {
    throw refused('`temperature` may only be set to 1 when thinking is enabled.')
  }
  if ((inferenceConfig.topP ?? 1) < 0.95) {
    throw refused('`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.')
  }
  if (fields['top_k'] !== undefined) throw refused('`top_k` must be unset when thinking is enabled.')
  const { any, tool } = toolConfig?.toolChoice ?? {}
  if (any ?? tool) throw refused('Thinking may not be enabled when tool_choice forces tool use.')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
