/**
 * The response object as a client is shown it: what became of its request, and the request as it was asked, with OpenAI's defaults where it
 * said nothing. https://platform.openai.com/docs/api-reference/responses/object
 */
import type { Asked } from '../../core/dialect.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { defined, listOf, objectOf, textOf } from '../../core/wire.ts'

/** Which response it is. `created` is in Unix seconds. */
export interface ResponseHead {
  readonly id: string
  readonly created: number
  readonly model: string
}

/** How far it has come; what is absent is null on the wire. */
export interface ResponseState {
  /** `pending` and `processing` are for calls that were handed in by header. */
  readonly status:
    | 'queued'
    | 'in_progress'
    | 'completed'
    | 'incomplete'
    | 'failed'
    | 'cancelled'
    | 'pending'
    | 'processing'
  readonly output?: readonly JsonObject[]
  readonly error?: JsonObject
  /** What cut it off. */
  readonly reason?: string | undefined
  readonly usage?: JsonObject | undefined
  /** By which it was served; absent: as asked. */
  readonly serviceTier?: string | undefined
}

/** All members but `extra_fields`. */
export function responseObject(head: ResponseHead, state: ResponseState, asked: Asked | undefined): JsonObject {
  const { status, output = [], error = null, reason, usage = null, serviceTier } = state
  const body = asked?.request.body ?? {}
  return {
    id: head.id,
    object: 'response',
    created_at: head.created,
    status,
    background: body['background'] === true,
    completed_at: null,
    error,
    incomplete_details: reason === undefined ? null : { reason },
    model: head.model,
    output: [...output],
    usage,
    service_tier: serviceTier ?? given(body['service_tier']) ?? 'auto',
    ...echoOf(body),
  }
}

/** Members whose value is that of the request, or else this. */
const defaults: Readonly<Record<string, Json>> = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  safety_identifier: null,
  presence_penalty: 0,
  frequency_penalty: 0,
  store: true,
  temperature: 1,
  tool_choice: 'auto',
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  // The SDK's type has it in any case.
  access_programs: null,
}

/** Members that are only there where the request has them. */
const onRequest = ['include', 'prompt', 'prompt_cache_retention', 'stream_options', 'user'] as const

function echoOf(body: JsonObject): JsonObject {
  const echo: JsonObject = {}
  for (const name in defaults) echo[name] = given(body[name]) ?? defaults[name]!
  for (const name of onRequest) {
    const value = given(body[name])
    if (value !== undefined) echo[name] = value
  }
  const conversation = given(body['conversation'])
  if (conversation !== undefined) echo['conversation'] = objectOf(conversation) ?? { id: conversation }
  echo['reasoning'] = { effort: null, summary: null, ...objectOf(body['reasoning']) }
  echo['text'] = textOptions(objectOf(body['text']))
  echo['tools'] = (listOf(body['tools']) ?? []).map((tool) => toolAsked(objectOf(tool) ?? {}))
  return echo
}

/** Null says nothing in a request. */
function given(value: Json | undefined): Json | undefined {
  return value ?? undefined
}

function textOptions(text: JsonObject | undefined): JsonObject {
  const format = objectOf(text?.['format'])
  return {
    ...text,
    format: format === undefined ? { type: 'text' } : flatFormat(format),
    verbosity: given(text?.['verbosity']) ?? 'medium',
  }
}

/** A request may have the schema in an object of its own, as chat completions do; a response has it beside its type. */
function flatFormat({ json_schema: nested, ...format }: JsonObject): JsonObject {
  return { ...objectOf(nested), ...format }
}

/** Members of a tool that let somebody in somewhere: nobody is told them, not even who has sent them. */
const secrets = ['authorization', 'headers'] as const

function toolAsked(tool: JsonObject): JsonObject {
  switch (textOf(tool['type'])) {
    case 'function':
      return { ...tool, parameters: given(tool['parameters']) ?? null, strict: given(tool['strict']) ?? null }
    case 'mcp':
      return defined({ ...tool, ...Object.fromEntries(secrets.map((name) => [name, undefined])) })
    default:
      return tool
  }
}
