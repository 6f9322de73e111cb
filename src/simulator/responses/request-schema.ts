/**
 * What a request for a response may hold, as strictly as the real service takes it: every documented field with its type and range,
 * and nothing else at any depth. https://platform.openai.com/docs/api-reference/responses/create
 */
import { z } from 'zod'
import { decimal, dictionary, integer, jsonSchema, list } from '../schema-parts.ts'
import { type Item, inputItem } from './item-schema.ts'
import { byTag, inputParts, mostItems, toolName } from './schema-parts.ts'
import { type Tool, type ToolChoice, toolChoice, toolList } from './tool-schema.ts'

/** What may be asked for beside what is always there. */
export const includable = [
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
] as const

const format = byTag('type', {
  text: z.strictObject({ type: z.literal('text') }),
  json_object: z.strictObject({ type: z.literal('json_object') }),
  json_schema: z.strictObject({
    type: z.literal('json_schema'),
    name: toolName,
    schema: jsonSchema,
    description: z.string().optional(),
    strict: z.boolean().nullish(),
  }),
})

const summary = z.enum(['auto', 'concise', 'detailed']).nullish()
const mode = z.strictObject({ mode: z.enum(['score', 'block']) }).nullish()
const conversation = z.union([z.string(), z.strictObject({ id: z.string() })])

/** What decides how much a request is, and all that a count of its tokens looks at. */
const counted = {
  input: z.union([z.string(), list(inputItem, mostItems)]).nullish(),
  instructions: z.string().nullish(),
  conversation: conversation.nullish(),
  previous_response_id: z.string().nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning: z
    .strictObject({
      context: z.enum(['auto', 'current_turn', 'all_turns']).nullish(),
      effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      generate_summary: summary,
      mode: z.string().optional(),
      summary,
    })
    .nullish(),
  text: z.strictObject({ format: format.optional(), verbosity: z.enum(['low', 'medium', 'high']).nullish() }).nullish(),
  tool_choice: toolChoice.nullish(),
  tools: toolList(0).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
}

/** The body of `POST /v1/responses`. */
export const responseRequest = z.strictObject({
  model: z.string().min(1),
  ...counted,
  access_programs: z
    .strictObject({ cyber: z.enum(['standard', 'daybreak_blue', 'daybreak_red']).optional() })
    .optional(),
  background: z.boolean().nullish(),
  // Not in the types that OpenAI publishes; its own coding agent sends it with every request.
  client_metadata: dictionary(z.string(), 64, 64).nullish(),
  context_management: list(
    z.strictObject({ type: z.enum(['compaction']), compact_threshold: integer(1000).nullish() }),
    10,
  ).nullish(),
  image: z.strictObject({ context_compression: z.enum(['auto', 'enabled', 'disabled']).optional() }).optional(),
  include: list(z.enum(includable), 100, 0).nullish(),
  max_output_tokens: integer(16).nullish(),
  max_tool_calls: integer(1).nullish(),
  metadata: dictionary(z.string().max(512), 16, 64).nullish(),
  moderation: z
    .strictObject({ model: z.string(), policy: z.strictObject({ input: mode, output: mode }).nullish() })
    .nullish(),
  prompt: z
    .strictObject({
      id: z.string(),
      variables: dictionary(z.union([z.string(), byTag('type', inputParts)]), 1000, 1000).nullish(),
      version: z.string().nullish(),
    })
    .nullish(),
  prompt_cache_key: z.string().max(64).nullish(),
  prompt_cache_options: z
    .strictObject({
      comparison_response_id: z.string().nullish(),
      mode: z.enum(['implicit', 'explicit']).optional(),
      prewarm: z.boolean().optional(),
      ttl: z.enum(['30m', '12h']).optional(),
    })
    .optional(),
  prompt_cache_retention: z.enum(['in_memory', '24h']).nullish(),
  safety_identifier: z.string().max(128).nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast']).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().optional() }).nullish(),
  temperature: decimal(0, 2).nullish(),
  top_logprobs: integer(0, 20).nullish(),
  top_p: decimal(0, 1).nullish(),
  user: z.string().max(64).optional(),
})

/** The body of `POST /v1/responses/input_tokens`. */
export const countRequest = z.strictObject({
  model: z.string().min(1).nullish(),
  ...counted,
  personality: z.string().optional(),
})

type Checked = z.infer<typeof responseRequest>

/** A request that was checked. What the schema takes apart by tags has its types here. */
export interface ResponseRequest extends Omit<Checked, 'input' | 'tools' | 'tool_choice' | 'text'> {
  input?: string | readonly (Item | (Omit<Item, 'type'> & { type?: undefined }))[] | null
  tools?: readonly Tool[] | null
  tool_choice?: ToolChoice | null
  text?: { format?: Format; verbosity?: string | null } | null
}

export type Format =
  | { type: 'text' }
  | { type: 'json_object' }
  | {
      type: 'json_schema'
      name: string
      schema: Record<string, unknown>
      description?: string
      strict?: boolean | null
    }
