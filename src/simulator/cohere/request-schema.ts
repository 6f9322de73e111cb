/**
 * What a chat request may hold, as strictly as Cohere takes it: every documented field with its type and range, and nothing else at
 * any depth. https://docs.cohere.com/v2/reference/chat
 */
import { z } from 'zod'
import { decimal, integer, jsonSchema, list } from '../schema-parts.ts'

const most = 100_000

const textPart = z.strictObject({ type: z.literal('text'), text: z.string() })
const imagePart = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({
    url: z.string().regex(/^(https?:\/\/|data:image\/)/i),
    detail: z.enum(['auto', 'low', 'high']).optional(),
  }),
})
const thinkingPart = z.strictObject({ type: z.literal('thinking'), thinking: z.string() })

/** The reference says that data is an object, and its examples send JSON as a text. */
const document = z.strictObject({
  data: z.union([z.record(z.string(), z.unknown()), z.string()]),
  id: z.string().optional(),
})
const documentPart = z.strictObject({ type: z.literal('document'), document })

const parts = <Part extends z.ZodType>(part: Part) => z.union([z.string(), list(part, most, 0)])

const source = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('tool'),
    id: z.string().optional(),
    tool_output: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({
    type: z.literal('document'),
    id: z.string().optional(),
    document: z.record(z.string(), z.unknown()).optional(),
  }),
])
const citation = z.strictObject({
  start: integer(0).optional(),
  end: integer(0).optional(),
  text: z.string().optional(),
  sources: list(source, most, 0).optional(),
  content_index: integer(0).optional(),
  type: z.enum(['TEXT_CONTENT', 'THINKING_CONTENT', 'PLAN']).optional(),
})

const toolCall = z.strictObject({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
})

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: parts(z.discriminatedUnion('type', [textPart])) }),
  z.strictObject({ role: z.literal('user'), content: parts(z.discriminatedUnion('type', [textPart, imagePart])) }),
  z.strictObject({
    role: z.literal('assistant'),
    content: parts(z.discriminatedUnion('type', [textPart, thinkingPart])).optional(),
    tool_calls: list(toolCall, most).optional(),
    tool_plan: z.string().optional(),
    citations: list(citation, most, 0).optional(),
  }),
  z.strictObject({
    role: z.literal('tool'),
    tool_call_id: z.string().min(1),
    content: parts(z.discriminatedUnion('type', [textPart, documentPart])),
  }),
])

const tool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({ name: z.string(), description: z.string().optional(), parameters: jsonSchema }),
})

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object'), json_schema: jsonSchema.optional() }),
])

/** The body of `POST /v2/chat`. */
export const chatRequest = z.strictObject({
  model: z.string().min(1),
  messages: list(message, most),
  stream: z.boolean().optional(),
  tools: list(tool, most, 0).optional(),
  strict_tools: z.boolean().optional(),
  documents: list(z.union([z.string(), document]), most).optional(),
  citation_options: z
    .strictObject({ mode: z.enum(['ENABLED', 'DISABLED', 'FAST', 'ACCURATE', 'OFF']).optional() })
    .optional(),
  response_format: responseFormat.optional(),
  safety_mode: z.enum(['CONTEXTUAL', 'STRICT', 'OFF']).optional(),
  max_tokens: integer(0).optional(),
  stop_sequences: list(z.string(), 5, 0).optional(),
  temperature: decimal(0, 1).optional(),
  seed: integer(0).optional(),
  frequency_penalty: decimal(0, 1).optional(),
  presence_penalty: decimal(0, 1).optional(),
  k: integer(0, 500).optional(),
  p: decimal(0.01, 0.99).optional(),
  logprobs: z.boolean().optional(),
  tool_choice: z.enum(['REQUIRED', 'NONE']).optional(),
  thinking: z.strictObject({ type: z.enum(['enabled', 'disabled']), token_budget: integer(1).optional() }).optional(),
  priority: integer(0, 999).optional(),
})

/** The body of `POST /v1/tokenize`. https://docs.cohere.com/reference/tokenize */
export const tokenizeRequest = z.strictObject({ text: z.string().min(1).max(65_536), model: z.string().min(1) })

export type ChatRequest = z.infer<typeof chatRequest>
export type Message = ChatRequest['messages'][number]
export type Tool = NonNullable<ChatRequest['tools']>[number]
