/** What settings may be. https://ai.google.dev/api/generate-content#generationconfig */
import { schemaFaults } from './check-schema.ts'
import { invalidArgument } from './errors.ts'
import type { GeminiRules } from './generation.ts'
import type { GenerationConfig, ThinkingConfig } from './request.ts'

type Range = [name: keyof GenerationConfig, place: string, least: number, most: number]

const most = 2 ** 31
const ranges: Range[] = [
  ['temperature', 'temperature', 0, 2],
  ['topP', 'top_p', 0, 1],
  ['topK', 'top_k', 1, most],
  ['candidateCount', 'candidate_count', 1, 8],
  ['maxOutputTokens', 'max_output_tokens', 1, most],
  ['presencePenalty', 'presence_penalty', -2, 2],
  ['frequencyPenalty', 'frequency_penalty', -2, 2],
  ['logprobs', 'logprobs', 0, 20],
]

const mostStops = 5

/** Throws a `Refused` for what is wrong. */
export function checkConfig(config: GenerationConfig, rules: GeminiRules): void {
  for (const [name, place, least, greatest] of ranges) {
    const value = config[name] as number | undefined
    if (value === undefined || (value >= least && value <= greatest)) continue
    throw at(place, `${place} must be in the range [${least}, ${greatest}].`)
  }
  const { stopSequences = [] } = config
  if (stopSequences.length > mostStops) {
    throw at('stop_sequences', `the number of stop_sequences must not exceed ${mostStops}.`)
  }
  const empty = stopSequences.indexOf('')
  if (empty >= 0) throw at(`stop_sequences[${empty}]`, 'stop sequences must not be empty.')
  if (config.logprobs !== undefined && config.responseLogprobs !== true) {
    throw at('logprobs', 'logprobs is only allowed when response_logprobs is true.')
  }
  checkFormat(config)
  checkThinking(config.thinkingConfig ?? {}, rules)
}

const at = (place: string, what: string) =>
  invalidArgument(`* GenerateContentRequest.generation_config.${place}: ${what}`)

function checkFormat({
  responseMimeType: type = 'text/plain',
  responseSchema,
  responseJsonSchema,
}: GenerationConfig): void {
  if (!['text/plain', 'application/json', 'text/x.enum', 'application/xml', 'application/yaml'].includes(type)) {
    throw at(
      'response_mime_type',
      `allowed mimetypes are \`text/plain\`, \`application/json\`, \`application/xml\`, \`application/yaml\` and \`text/x.enum\`.`,
    )
  }
  if (responseSchema && responseJsonSchema !== undefined) {
    throw at('response_schema', 'response_schema and response_json_schema must not be set together.')
  }
  if ((responseSchema ?? responseJsonSchema) !== undefined && type !== 'application/json' && type !== 'text/x.enum') {
    throw at(
      'response_mime_type',
      'response_schema requires a response_mime_type of `application/json` or `text/x.enum`.',
    )
  }
  const faults = responseSchema
    ? schemaFaults(responseSchema, 'GenerateContentRequest.generation_config.response_schema')
    : []
  if (faults.length > 0) throw invalidArgument(faults.slice(0, 20).join('\n'))
}

function checkThinking({ thinkingBudget, thinkingLevel, includeThoughts }: ThinkingConfig, rules: GeminiRules): void {
  const { budget, levels } = rules
  if (thinkingBudget !== undefined && thinkingLevel !== undefined) {
    throw invalidArgument('You can only set only one of thinking budget and thinking level.')
  }
  if (!budget && (thinkingBudget ?? thinkingLevel ?? includeThoughts) !== undefined) {
    throw invalidArgument('Thinking is not enabled for this model.')
  }
  if (thinkingLevel !== undefined && !levels.includes(thinkingLevel)) {
    throw invalidArgument(
      levels.length === 0
        ? 'Thinking level is not supported for this model.'
        : `Thinking level ${thinkingLevel} is not supported for this model. Please retry with other thinking level.`,
    )
  }
  if (thinkingBudget === undefined || thinkingBudget === -1 || !budget) return
  if (thinkingBudget === 0 && budget.off) return
  if (thinkingBudget === 0) throw invalidArgument('Budget 0 is invalid. This model only works in thinking mode.')
  if (thinkingBudget < budget.least || thinkingBudget > budget.most) {
    throw invalidArgument(
      `The thinking budget ${thinkingBudget} is invalid. Please choose a value between ${budget.least} and ${budget.most}.`,
    )
  }
}
