/**
 * What a client may send as a Responses request: documented types, ranges and enums; unknown keys are never an error.
 * https://platform.openai.com/docs/api-reference/responses/create
 */
import { z } from 'zod'
import type { ChatHead } from '../../core/dialect.ts'
import { invalidRequest } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { listOf, objectOf, textOf } from '../../core/wire.ts'
import { object, optional, Shape, shape, text, words } from './schema-checks.ts'
import { checkItems } from './schema-items.ts'
import { checkTools, toolChoice } from './schema-tools.ts'

/** Each is looked at, kept and sent. */
const mostItems = 10_000

const whole = z.int()
const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
const summary = optional(z.enum(['auto', 'concise', 'detailed', 'none']))

const jsonSchema = { name: words, schema: object, strict: optional(z.boolean()), description: optional(text) }
const flatFormat = shape(jsonSchema)
/** As chat completions have it. */
const nestedFormat = shape({ json_schema: z.looseObject(jsonSchema) })

/** What a request for an answer and one for a count have in common. */
const question = {
  model: words,
  input: optional(z.union([text, z.array(object).max(mostItems)], 'input is neither a text nor a list of items')),
  instructions: optional(text),
  previous_response_id: optional(text),
  conversation: optional(
    z.union([text, z.looseObject({ id: text })], 'conversation is neither an id nor an object with one'),
  ),
  parallel_tool_calls: optional(z.boolean()),
  reasoning: optional(
    z.looseObject({
      effort: optional(effort),
      summary,
      generate_summary: summary,
      max_tokens: optional(whole),
    }),
  ),
  text: optional(
    z.looseObject({
      format: optional(z.looseObject({ type: text })),
      verbosity: optional(z.enum(['low', 'medium', 'high'])),
    }),
  ),
  tools: optional(z.array(object)),
  tool_choice: optional(toolChoice),
  truncation: optional(z.enum(['auto', 'disabled'])),
  // Each may cost a call, with retries of its own.
  fallbacks: optional(z.array(z.union([text, z.looseObject({ provider: text, model: text })])).max(32)),
}

const countShape = new Shape(z.looseObject(question))

const requestShape = new Shape(
  z.looseObject({
    ...question,
    stream: optional(z.boolean()),
    max_output_tokens: optional(whole.min(1)),
    max_tool_calls: optional(whole.min(1)),
    temperature: optional(z.number().min(0).max(2)),
    top_p: optional(z.number()),
    top_logprobs: optional(whole.min(0).max(20)),
    metadata: optional(z.record(text, text)),
    store: optional(z.boolean()),
    background: optional(z.boolean()),
    include: optional(z.array(text)),
    user: optional(text),
    prompt: optional(z.looseObject({ id: words, version: optional(text), variables: optional(object) })),
    prompt_cache_key: optional(text),
    prompt_cache_retention: optional(text),
    safety_identifier: optional(text),
    service_tier: optional(text),
    stream_options: optional(z.looseObject({ include_obfuscation: optional(z.boolean()) })),
    context_management: optional(z.array(z.looseObject({ type: text }))),
  }),
)

/** Checks the body and tells what the engine needs to know of it before anything is translated. Throws `invalid-request`. */
export function checkRequest(body: Json): ChatHead {
  const checked = checkShape(requestShape, body)
  checkAgreement(checked)
  checkContents(checked)
  return headOf(checked)
}

/** The same for a body that is to be counted and not answered. What there is to count may be instructions and tools alone. */
export function checkCountRequest(body: Json): ChatHead {
  const checked = checkShape(countShape, body)
  refuseBoth(checked)
  if (!['input', ...continued, 'instructions', 'tools'].some((name) => given(checked[name]))) throw missingInput()
  checkContents(checked)
  return { ...headOf(checked), stream: false }
}

function checkShape(shape: Shape, body: Json): JsonObject {
  if (!shape.fits(body)) throw shape.fault(body, [], body)
  return body as JsonObject
}

function checkContents(body: JsonObject): void {
  checkFormat(objectOf(objectOf(body['text'])?.['format']), body)
  checkItems(listOf(body['input']) ?? [], body)
  checkTools(listOf(body['tools']) ?? [], body)
}

function checkFormat(format: JsonObject | undefined, body: JsonObject): void {
  if (format?.['type'] !== 'json_schema') return
  const expected = given(format['json_schema']) ? nestedFormat : flatFormat
  if (!expected.fits(format)) throw expected.fault(format, ['text', 'format'], body)
}

/** Members that bring in something to answer from elsewhere. */
const continued = ['previous_response_id', 'conversation', 'prompt'] as const

/** Members that say something about each other. */
function checkAgreement(body: JsonObject): void {
  refuseBoth(body)
  const { input } = body
  const isEmpty = !given(input) || (Array.isArray(input) && input.length === 0)
  if (isEmpty && !continued.some((name) => given(body[name]))) throw missingInput()
  if (body['background'] === true && body['store'] === false)
    throw invalidRequest(
      "Invalid 'background': an answer that is given in the background has to be kept, but 'store' is false. Leave one of them out.",
      'background',
    )
  if (given(body['stream_options']) && body['stream'] !== true)
    throw invalidRequest(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled. Leave it out, or set 'stream' to true.",
      'stream_options',
    )
  const pairs = Object.keys(objectOf(body['metadata']) ?? {}).length
  if (pairs > 16)
    throw invalidRequest(
      `Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got one with ${pairs} instead.`,
      'metadata',
      'object_above_max_properties',
    )
}

function refuseBoth(body: JsonObject): void {
  if (given(body['previous_response_id']) && given(body['conversation']))
    throw invalidRequest(
      "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only providing one of them.",
      'previous_response_id',
      'mutually_exclusive_parameters',
    )
}

function missingInput() {
  return invalidRequest(
    "Missing required parameter: 'input'. Only a request with 'previous_response_id', 'conversation' or 'prompt' can do without it.",
    'input',
    'missing_required_parameter',
  )
}

function given(value: Json | undefined): boolean {
  return value !== undefined && value !== null
}

function headOf(body: JsonObject): ChatHead {
  return {
    model: textOf(body['model']) ?? '',
    stream: body['stream'] === true,
    fallbacks: fallbackNames(body['fallbacks']),
    includeUsage: true,
    choices: 1,
  }
}

function fallbackNames(fallbacks: Json | undefined): string[] | undefined {
  return listOf(fallbacks)
    ?.map((target) => textOf(target) ?? `${objectOf(target)?.['provider']}/${objectOf(target)?.['model']}`)
    .filter((name) => name !== '')
}
