/**
 * What a chat completion request may hold, as strictly as the real service takes it: every documented field with its type and range,
 * and nothing else at any depth. https://platform.openai.com/docs/api-reference/chat/create
 */
import { z } from 'zod'
import { decimal, dictionary, integer, jsonSchema, list } from './schema-parts.ts'

const toolName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9_-]+$/)

const breakpoint = z.strictObject({ mode: z.enum(['explicit']), ttl: z.enum(['30m', '12h']).optional() }).optional()

const textPart = z.strictObject({ type: z.literal('text'), text: z.string(), prompt_cache_breakpoint: breakpoint })
const refusalPart = z.strictObject({ type: z.literal('refusal'), refusal: z.string() })
const imagePart = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({
    url: z.string().regex(/^(https?:\/\/|data:)/i),
    detail: z.enum(['auto', 'low', 'high', 'original']).optional(),
  }),
  prompt_cache_breakpoint: breakpoint,
})
const audioPart = z.strictObject({
  type: z.literal('input_audio'),
  input_audio: z.strictObject({ data: z.string(), format: z.enum(['wav', 'mp3']) }),
  prompt_cache_breakpoint: breakpoint,
})
const filePart = z.strictObject({
  type: z.literal('file'),
  file: z.strictObject({
    file_data: z.string().optional(),
    file_id: z.string().optional(),
    filename: z.string().optional(),
  }),
  prompt_cache_breakpoint: breakpoint,
})

const mostParts = 100_000
const parts = <Part extends z.ZodType>(part: Part) => z.union([z.string(), list(part, mostParts)])
const texts = parts(z.discriminatedUnion('type', [textPart]))
const userContent = parts(z.discriminatedUnion('type', [textPart, imagePart, audioPart, filePart]))
const assistantContent = parts(z.discriminatedUnion('type', [textPart, refusalPart]))

const toolCall = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('function'),
    id: z.string(),
    function: z.strictObject({ name: toolName, arguments: z.string() }),
  }),
  z.strictObject({
    type: z.literal('custom'),
    id: z.string(),
    custom: z.strictObject({ name: toolName, input: z.string() }),
  }),
])

/** Replies carry these on a message, and clients send messages back as they came. */
const annotation = z.strictObject({
  type: z.literal('url_citation'),
  url_citation: z.strictObject({ start_index: integer(), end_index: integer(), title: z.string(), url: z.string() }),
})

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('developer'), content: texts, name: z.string().optional() }),
  z.strictObject({ role: z.literal('system'), content: texts, name: z.string().optional() }),
  z.strictObject({ role: z.literal('user'), content: userContent, name: z.string().optional() }),
  z.strictObject({
    role: z.literal('assistant'),
    content: assistantContent.nullish(),
    name: z.string().optional(),
    refusal: z.string().nullish(),
    audio: z.strictObject({ id: z.string() }).nullish(),
    annotations: list(annotation, 1000, 0).optional(),
    tool_calls: list(toolCall, 128).optional(),
    function_call: z.strictObject({ name: toolName, arguments: z.string() }).nullish(),
  }),
  z.strictObject({ role: z.literal('tool'), content: texts, tool_call_id: z.string() }),
  z.strictObject({ role: z.literal('function'), content: z.string().nullable(), name: toolName }),
])

const functionTool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: toolName,
    description: z.string().optional(),
    parameters: jsonSchema.optional(),
    strict: z.boolean().nullish(),
  }),
})
const customTool = z.strictObject({
  type: z.literal('custom'),
  custom: z.strictObject({
    name: toolName,
    description: z.string().optional(),
    format: z
      .discriminatedUnion('type', [
        z.strictObject({ type: z.literal('text') }),
        z.strictObject({
          type: z.literal('grammar'),
          grammar: z.strictObject({ definition: z.string(), syntax: z.enum(['lark', 'regex']) }),
        }),
      ])
      .optional(),
  }),
})

const namedTool = [
  z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: z.string() }) }),
  z.strictObject({ type: z.literal('custom'), custom: z.strictObject({ name: z.string() }) }),
] as const
const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [
    ...namedTool,
    z.strictObject({
      type: z.literal('allowed_tools'),
      allowed_tools: z.strictObject({
        mode: z.enum(['auto', 'required']),
        tools: list(z.discriminatedUnion('type', namedTool), 128),
      }),
    }),
  ]),
])

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: toolName,
      description: z.string().optional(),
      schema: jsonSchema,
      strict: z.boolean().nullish(),
    }),
  }),
])

const moderationPolicy = z.strictObject({ mode: z.enum(['score', 'block']) }).nullish()

/** The body of `POST /v1/chat/completions`. A field may be null only where the service documents it. */
export const chatRequest = z.strictObject({
  model: z.string().min(1),
  messages: list(message, 2048),
  audio: z
    .strictObject({
      format: z.enum(['wav', 'aac', 'mp3', 'flac', 'opus', 'pcm16']),
      voice: z.union([z.string(), z.strictObject({ id: z.string() })]),
    })
    .nullish(),
  frequency_penalty: decimal(-2, 2).nullish(),
  function_call: z.union([z.enum(['none', 'auto']), z.strictObject({ name: z.string() })]).optional(),
  functions: list(
    z.strictObject({ name: toolName, description: z.string().optional(), parameters: jsonSchema.optional() }),
    128,
  ).optional(),
  logit_bias: dictionary(decimal(-100, 100), 2048, 64).nullish(),
  logprobs: z.boolean().nullish(),
  max_completion_tokens: integer(1).nullish(),
  max_tokens: integer(1).nullish(),
  metadata: dictionary(z.string().max(512), 16, 64).nullish(),
  modalities: list(z.enum(['text', 'audio']), 2).nullish(),
  moderation: z
    .strictObject({
      model: z.string(),
      policy: z.strictObject({ input: moderationPolicy, output: moderationPolicy }).nullish(),
    })
    .nullish(),
  n: integer(1, 128).nullish(),
  parallel_tool_calls: z.boolean().optional(),
  prediction: z.strictObject({ type: z.literal('content'), content: texts }).nullish(),
  presence_penalty: decimal(-2, 2).nullish(),
  prompt_cache_key: z.string().max(64).nullish(),
  prompt_cache_options: z
    .strictObject({ mode: z.enum(['implicit', 'explicit']).optional(), ttl: z.enum(['30m']).optional() })
    .optional(),
  prompt_cache_retention: z.enum(['in_memory', '24h']).nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  response_format: responseFormat.optional(),
  safety_identifier: z.string().max(128).nullish(),
  seed: integer().nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast']).nullish(),
  stop: z.union([z.string(), list(z.string(), 4, 0)]).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .nullish(),
  temperature: decimal(0, 2).nullish(),
  tool_choice: toolChoice.optional(),
  tools: list(z.discriminatedUnion('type', [functionTool, customTool]), 128).optional(),
  top_logprobs: integer(0, 20).nullish(),
  top_p: decimal(0, 1).nullish(),
  user: z.string().max(64).optional(),
  verbosity: z.enum(['low', 'medium', 'high']).nullish(),
  web_search_options: z
    .strictObject({
      search_context_size: z.enum(['low', 'medium', 'high']).optional(),
      user_location: z
        .strictObject({
          type: z.literal('approximate'),
          approximate: z.strictObject({
            city: z.string().optional(),
            country: z.string().optional(),
            region: z.string().optional(),
            timezone: z.string().optional(),
          }),
        })
        .nullish(),
    })
    .optional(),
})

export type ChatRequest = z.infer<typeof chatRequest>
export type Message = ChatRequest['messages'][number]
export type Tool = NonNullable<ChatRequest['tools']>[number]
