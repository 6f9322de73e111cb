/**
 * Token counts and costs as chat completions tell them, in the words of the providers that speak this dialect.
 * https://platform.openai.com/docs/api-reference/chat/object
 */

import { type Keeper, type Known, makeKeeper, unknownFields } from '../../core/extra.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { dollars, nanoDollars } from '../../core/money.ts'
import type { Cost, Usage } from '../../core/usage.ts'
import { countOf } from '../../core/wire.ts'

/** Where a count is found, the first name being the one we write; names with a dot are inside a details object. */
const inputNames = {
  text: ['prompt_tokens_details.text_tokens'],
  audio: ['prompt_tokens_details.audio_tokens'],
  image: ['prompt_tokens_details.image_tokens'],
  cachedRead: [
    'prompt_tokens_details.cached_read_tokens',
    'prompt_tokens_details.cached_tokens', // OpenAI
    'prompt_cache_hit_tokens', // DeepSeek
    'cached_tokens', // Moonshot
    'num_cached_tokens', // Mistral
  ],
  cachedWrite: [
    'prompt_tokens_details.cached_write_tokens',
    'prompt_tokens_details.cache_write_tokens', // OpenRouter
    'prompt_tokens_details.cache_creation_input_tokens', // Alibaba
  ],
  cachedWrite5m: ['prompt_tokens_details.cached_write_tokens_5m'],
  cachedWrite1h: ['prompt_tokens_details.cached_write_tokens_1h'],
  cachedAudio: ['prompt_tokens_details.cached_audio_tokens'],
  cachedImage: ['prompt_tokens_details.cached_image_tokens'],
} as const satisfies Record<keyof NonNullable<Usage['input']>, readonly string[]>

const outputNames = {
  text: ['completion_tokens_details.text_tokens'],
  audio: ['completion_tokens_details.audio_tokens'],
  image: ['completion_tokens_details.image_tokens'],
  // Perplexity tells the last three beside the totals.
  reasoning: ['completion_tokens_details.reasoning_tokens', 'reasoning_tokens'],
  acceptedPrediction: ['completion_tokens_details.accepted_prediction_tokens'],
  rejectedPrediction: ['completion_tokens_details.rejected_prediction_tokens'],
  citation: ['completion_tokens_details.citation_tokens', 'citation_tokens'],
  searchQueries: ['completion_tokens_details.num_search_queries', 'num_search_queries'],
} as const satisfies Record<keyof NonNullable<Usage['output']>, readonly string[]>

const costNames = {
  input: ['input_tokens_cost', 'input_cost'],
  output: ['output_tokens_cost', 'output_cost'],
  reasoning: ['reasoning_tokens_cost'],
  citation: ['citation_tokens_cost'],
  searchQueries: ['search_queries_cost'],
  request: ['request_cost'],
  total: ['total_cost'],
} as const satisfies Record<keyof Cost, readonly string[]>

const known = {
  prompt_tokens: true,
  completion_tokens: true,
  total_tokens: true,
  cost_in_usd_ticks: true,
  cost: namesKnown(costNames),
  ...namesKnown({ ...inputNames }),
  ...namesKnown({ ...outputNames }),
} satisfies Known

/** xAI counts money in ticks of 1e-10 USD. https://docs.x.ai/developers/cost-tracking */
const ticksPerNanoDollar = 10

/** The usage told in a reply or a chunk, wherever this provider puts it. */
export function usageOf(body: JsonObject): Usage | undefined {
  return decodeUsage(body['usage']) ?? decodeUsage(groqUsage(body)) ?? decodeUsage(moonshotUsage(body))
}

/** Groq's streams tell usage beside the chunk. https://console.groq.com/docs/api-reference */
function groqUsage({ x_groq: groq }: JsonObject): Json | undefined {
  return isJsonObject(groq) ? groq['usage'] : undefined
}

/** Moonshot's streams tell usage inside the last choice. https://platform.moonshot.ai/docs/api/chat */
function moonshotUsage({ choices }: JsonObject): Json | undefined {
  const [choice] = Array.isArray(choices) ? choices : []
  return isJsonObject(choice) ? choice['usage'] : undefined
}

/** Undefined when no total is told. */
export function decodeUsage(wire: Json | undefined): Usage | undefined {
  if (!isJsonObject(wire)) return undefined
  const prompt = countOf(wire['prompt_tokens'])
  const completion = countOf(wire['completion_tokens'])
  const total = countOf(wire['total_tokens'])
  if (prompt === undefined && completion === undefined && total === undefined) return undefined
  const input = numbers(wire, inputNames)
  const output = numbers(wire, outputNames)
  const cost = decodeCost(wire)
  const extra = unknownFields(wire, known)
  return {
    ...totals(prompt, completion, total, output?.reasoning),
    ...(input && { input }),
    ...(output && { output }),
    ...(cost && { cost }),
    ...(extra && { extra }),
  }
}

/** The three totals, of those that are told. */
export function totals(
  prompt: number | undefined,
  completion: number | undefined,
  total: number | undefined,
  reasoning: number | undefined,
) {
  const inputTokens = prompt ?? Math.max(0, (total ?? 0) - (completion ?? 0))
  const written = completion ?? Math.max(0, (total ?? 0) - inputTokens)
  // xAI counts reasoning beside the completion: only then is the total larger by exactly that.
  const apart = reasoning !== undefined && total === inputTokens + written + reasoning
  const outputTokens = apart ? written + reasoning : written
  return { inputTokens, outputTokens, totalTokens: total ?? inputTokens + outputTokens }
}

function decodeCost(wire: JsonObject): Cost | undefined {
  const { cost, cost_in_usd_ticks: ticks } = wire
  const whole = moneyOf(cost)
  if (whole !== undefined) return { total: whole + ownKeyCost(wire) }
  if (isJsonObject(cost)) {
    const { total, ...parts } = numbers(cost, costNames, moneyOf) ?? {}
    const sum = Object.values(parts).reduce((left, right) => left + right, 0)
    return total === undefined && Object.keys(parts).length === 0 ? undefined : { ...parts, total: total ?? sum }
  }
  const counted = countOf(ticks)
  return counted === undefined ? undefined : { total: Math.round(counted / ticksPerNanoDollar) }
}

/**
 * OpenRouter, where it was let in with a key of one's own for the model: its fee is the cost, and what the model cost stands beside it.
 * https://openrouter.ai/docs/use-cases/usage-accounting
 */
function ownKeyCost({ is_byok: isOwnKey, cost_details: details }: JsonObject): number {
  const cost = isOwnKey === true && isJsonObject(details) ? moneyOf(details['upstream_inference_cost']) : undefined
  return cost ?? 0
}

/** All three totals are always told, and cached reads under OpenAI's name as well. */
export function encodeUsage(usage: Usage, keeper: Keeper = makeKeeper(true)): JsonObject {
  const wire: JsonObject = { prompt_tokens: usage.inputTokens }
  write(wire, usage.input, inputNames)
  const cachedRead = usage.input?.cachedRead
  if (cachedRead !== undefined) place(wire, 'prompt_tokens_details.cached_tokens', cachedRead)
  wire['completion_tokens'] = usage.outputTokens
  write(wire, usage.output, outputNames)
  wire['total_tokens'] = usage.totalTokens
  if (usage.cost) {
    const cost: JsonObject = {}
    write(cost, usage.cost, costNames, dollars)
    wire['cost'] = cost
  }
  return keeper.put(wire, usage.extra, 'usage')
}

/** The JSON text of a cost. Written by hand, as it is for every reply. */
export function costText(cost: Cost): string {
  let text = ''
  for (const [part, name] of costParts) {
    const nano = cost[part]
    if (nano !== undefined) text += `${text === '' ? '{' : ','}"${name}":${dollars(nano)}`
  }
  return `${text}}`
}

const costParts = Object.entries(costNames).map(([part, [name]]) => [part as keyof Cost, name] as const)

type Names = Readonly<Record<string, readonly [string, ...string[]]>>

/** The first number found for each name; undefined when there is none at all. */
function numbers<Table extends Names>(
  wire: JsonObject,
  names: Table,
  read = countOf,
): { [Key in keyof Table]?: number } | undefined {
  let found: { [Key in keyof Table]?: number } | undefined
  for (const key in names) {
    for (const name of names[key]!) {
      const value = read(at(wire, name))
      if (value === undefined) continue
      found ??= {}
      found[key] = value
      break
    }
  }
  return found
}

/** Dollars in nano-dollars. Nobody is paid for asking, and nothing costs millions. */
function moneyOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? countOf(nanoDollars(value)) : undefined
}

function at(wire: JsonObject, name: string): Json | undefined {
  const [outer, inner] = partsOf(name)
  const value = wire[outer]
  if (inner === undefined) return value
  return isJsonObject(value) ? value[inner] : undefined
}

function write<Part extends string>(
  wire: JsonObject,
  parts: { [Key in Part]?: number } | undefined,
  names: Readonly<Record<Part, readonly [string, ...string[]]>>,
  convert = (value: number) => value,
): void {
  if (parts === undefined) return
  for (const key in names) {
    const value = parts[key]
    if (value !== undefined) place(wire, names[key][0], convert(value))
  }
}

function place(wire: JsonObject, name: string, value: number): void {
  const [outer, inner] = partsOf(name)
  if (inner === undefined) wire[outer] = value
  else wire[outer] = { ...(wire[outer] as JsonObject | undefined), [inner]: value }
}

/** Names are few and are read for every reply, so each is taken apart once. */
const parts = new Map<string, [string, string?]>()

function partsOf(name: string): [string, string?] {
  let found = parts.get(name)
  if (found === undefined) {
    found = name.split('.') as [string, string?]
    parts.set(name, found)
  }
  return found
}

function namesKnown(names: Names): Record<string, true | Record<string, true>> {
  const known: Record<string, true | Record<string, true>> = {}
  for (const name of Object.values(names).flat()) {
    const [outer, inner] = name.split('.') as [string, string?]
    known[outer] = inner === undefined ? true : { ...(known[outer] as Record<string, true> | undefined), [inner]: true }
  }
  return known
}
