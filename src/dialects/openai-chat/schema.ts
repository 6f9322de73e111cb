/**
 * What a client may send as a chat completion request: documented types, ranges and enums; unknown keys are never an error.
 * https://platform.openai.com/docs/api-reference/chat/create
 */
import { z } from 'zod'
import type { ChatHead } from '../../core/dialect.ts'
import { invalidRequest } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { requestFault } from '../../core/schema-faults.ts'

/** OpenAI takes `null` for every optional field and means that it is absent. */
const optional = <Type extends z.ZodType>(type: Type) => z.nullish(type)
const object = z.looseObject({})
const text = z.string()
const whole = z.int()
const positive = z.int().min(1)
/** 64-bit integers are larger than the whole numbers a double keeps apart. */
const long = z.number().multipleOf(1)
const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])

const cache_control = optional(z.looseObject({ type: text, ttl: optional(text), scope: optional(text) }))
const marks = {
  cache_control,
  citations: optional(z.looseObject({ enabled: z.boolean() })),
}

const detail = optional(z.enum(['low', 'high', 'auto', 'default', 'original']))
const imageUrl = z.union([z.looseObject({ url: text, detail }), z.looseObject({ file_id: text, detail })])
const file = z
  .looseObject({
    file_data: optional(text),
    file_url: optional(text),
    file_id: optional(text),
    filename: optional(text),
    file_type: optional(text),
  })
  .refine((given) => given.file_data ?? given.file_url ?? given.file_id, 'one of file_data, file_url and file_id')
const document = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('base64'), data: text, media_type: optional(text) }),
  z.looseObject({ type: z.literal('url'), url: text }),
  z.looseObject({ type: z.literal('text'), data: text, media_type: optional(text) }),
  z.looseObject({ type: z.literal('file'), file_id: text }),
])

const knownPart = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text, ...marks }),
  z.looseObject({ type: z.literal('image_url'), image_url: imageUrl, ...marks }),
  z.looseObject({
    type: z.literal('input_audio'),
    input_audio: z.looseObject({ data: text, format: optional(text) }),
    ...marks,
  }),
  z.looseObject({ type: z.literal('file'), file, ...marks }),
  z.looseObject({ type: z.literal('refusal'), refusal: text, ...marks }),
  z.looseObject({ type: z.literal('video_url'), video_url: z.looseObject({ url: text }), ...marks }),
  z.looseObject({ type: z.literal('document'), source: document, title: optional(text), ...marks }),
])
/** An object whose `type` is none of these: a part or tool of a kind that is newer than this house. */
const otherType = (...known: string[]) =>
  z.looseObject({ type: text.refine((type) => !known.includes(type), { abort: true }) })
const partTypes = knownPart.options.map((option) => option.shape.type.value)
const content = z.union(
  [text, z.array(z.union([knownPart, otherType(...partTypes)]))],
  'content field is neither a string nor an array of Content blocks',
)

const functionCall = z.looseObject({ name: text, arguments: text })
const toolCall = z.union([
  z.looseObject({
    type: optional(z.literal('function')),
    id: text,
    index: optional(whole),
    function: functionCall,
    cache_control,
  }),
  z.looseObject({
    type: z.literal('custom'),
    id: text,
    index: optional(whole),
    cache_control,
    custom: z.looseObject({ name: text, input: text }),
  }),
  otherType('function', 'custom'),
])
const reasoningDetail = z.looseObject({
  type: text,
  id: optional(text),
  index: optional(whole),
  summary: optional(text),
  text: optional(text),
  signature: optional(text),
  data: optional(text),
})

const name = optional(text)
const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['user', 'system', 'developer']), content, name, cache_control }),
  z.looseObject({
    role: z.literal('assistant'),
    content: optional(content),
    name,
    cache_control,
    refusal: optional(text),
    audio: optional(z.looseObject({ id: text })),
    reasoning: optional(text),
    reasoning_content: optional(text),
    reasoning_details: optional(z.array(reasoningDetail)),
    annotations: optional(z.array(object)),
    tool_calls: optional(z.array(toolCall)),
    function_call: optional(functionCall),
  }),
  z.looseObject({
    role: z.literal('tool'),
    content,
    name,
    tool_call_id: text,
    is_error: optional(z.boolean()),
    cache_control,
  }),
  // Deprecated in favour of `tool`.
  z.looseObject({ role: z.literal('function'), content: optional(content), name: text }),
])

const tool = z.union([
  z.discriminatedUnion('type', [
    z.looseObject({
      type: z.literal('function'),
      function: z.looseObject({
        name: text,
        description: optional(text),
        parameters: optional(object),
        strict: optional(z.boolean()),
      }),
      ...marks,
    }),
    z.looseObject({
      type: z.literal('custom'),
      custom: z.looseObject({ name: text, description: optional(text), format: optional(object) }),
      ...marks,
    }),
  ]),
  otherType('function', 'custom'),
])
const chosenTool = [
  z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: text }) }),
  z.looseObject({ type: z.literal('custom'), custom: z.looseObject({ name: text }) }),
] as const
const toolMode = z.enum(['none', 'auto', 'required', 'any'])
const toolChoice = z.union(
  [
    toolMode,
    z.discriminatedUnion('type', [
      ...chosenTool,
      z.looseObject({ type: toolMode }),
      z.looseObject({
        type: z.literal('allowed_tools'),
        allowed_tools: z.looseObject({
          mode: z.enum(['auto', 'required']),
          tools: z.array(z.discriminatedUnion('type', [...chosenTool])),
        }),
      }),
    ]),
  ],
  'tool_choice field is neither a string nor a ChatToolChoiceStruct object',
)
const responseFormat = z.union([
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({
      name: text,
      schema: optional(object),
      strict: optional(z.boolean()),
      description: optional(text),
    }),
  }),
  otherType('json_schema'),
])

const requestSchema = z.looseObject({
  model: text.min(1),
  messages: z.array(message).min(1),
  stream: optional(z.boolean()),
  max_tokens: optional(positive),
  max_completion_tokens: optional(positive),
  temperature: optional(z.number().min(0).max(2)),
  top_p: optional(z.number()),
  top_k: optional(whole),
  frequency_penalty: optional(z.number().min(-2).max(2)),
  presence_penalty: optional(z.number().min(-2).max(2)),
  logit_bias: optional(z.record(text, z.number())),
  logprobs: optional(z.boolean()),
  top_logprobs: optional(whole.min(0).max(20)),
  n: optional(positive),
  stop: optional(z.union([text, z.array(text).min(1).max(4)])),
  seed: optional(long),
  user: optional(text),
  tools: optional(z.array(tool)),
  tool_choice: optional(toolChoice),
  // Deprecated in favour of the two above.
  functions: optional(z.array(z.looseObject({ name: text }))),
  function_call: optional(z.union([z.enum(['none', 'auto']), z.looseObject({ name: text })])),
  parallel_tool_calls: optional(z.boolean()),
  response_format: optional(responseFormat),
  reasoning_effort: optional(effort),
  reasoning_max_tokens: optional(whole),
  reasoning_display: optional(text),
  reasoning: optional(
    z.looseObject({
      enabled: optional(z.boolean()),
      effort: optional(effort),
      max_tokens: optional(whole),
      display: optional(text),
    }),
  ),
  service_tier: optional(text),
  stream_options: optional(
    z.looseObject({ include_usage: optional(z.boolean()), include_obfuscation: optional(z.boolean()) }),
  ),
  // Each may cost a call, with retries of its own.
  fallbacks: optional(z.array(z.union([text, z.looseObject({ provider: text, model: text })])).max(32)),
  metadata: optional(object),
  modalities: optional(z.array(text)),
  audio: optional(z.looseObject({ format: optional(text) })),
  prediction: optional(z.looseObject({ type: text })),
  prompt_cache_key: optional(text),
  prompt_cache_retention: optional(text),
  safety_identifier: optional(text),
  store: optional(z.boolean()),
  verbosity: optional(z.enum(['low', 'medium', 'high'])),
  web_search_options: optional(object),
})

/** The body of a chat completion request that has passed the checks. */
export type ChatCompletionRequest = z.infer<typeof requestSchema>

/**
 * Good requests take the generated validator, which builds nothing; bad ones are parsed again for their faults. Generating it takes longer than
 * the rest of a start, so it is done for the first request.
 */
let compiled: { validate(body: unknown): body is ChatCompletionRequest } | undefined

/** Members that have a flat name and a place in `reasoning`; giving both would leave open which one counts. */
const reasoningTwins = [
  ['reasoning_effort', 'effort'],
  ['reasoning_max_tokens', 'max_tokens'],
  ['reasoning_display', 'display'],
] as const

/** Checks the body and tells what the engine needs to know of it before anything is translated. Throws `invalid-request`. */
export function checkRequest(body: Json): ChatHead {
  compiled ??= z.compile(requestSchema)
  if (!compiled.validate(body)) throw requestFault(requestSchema.safeParse(body).error, body)
  const { reasoning } = body
  if (reasoning) {
    for (const [flat, nested] of reasoningTwins) {
      if (given(body[flat]) && given(reasoning[nested]))
        throw invalidRequest(`both ${flat} and reasoning.${nested} cannot be present at the same time`, flat)
    }
  }
  return {
    model: body.model,
    stream: body.stream ?? false,
    fallbacks: fallbackNames(body.fallbacks),
    includeUsage: body.stream_options?.include_usage ?? false,
    choices: body.n ?? 1,
  }
}

function given(value: unknown): boolean {
  return value !== undefined && value !== null
}

function fallbackNames(fallbacks: ChatCompletionRequest['fallbacks']): string[] | undefined {
  return fallbacks
    ?.map((target) => (typeof target === 'string' ? target : `${target.provider}/${target.model}`))
    .filter((name) => name !== '')
}
