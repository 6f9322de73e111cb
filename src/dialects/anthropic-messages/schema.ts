/**
 * What a client may send as a Messages request: documented types, ranges and enums; unknown keys are never an error.
 * https://platform.claude.com/docs/en/api/messages
 */
import { z } from 'zod'
import type { ChatHead } from '../../core/dialect.ts'
import type { Json } from '../../core/json.ts'
import { requestFault } from '../../core/schema-faults.ts'
import { ownFallbacks } from './fallbacks.ts'

/** Null says nothing here. */
const optional = <Type extends z.ZodType>(type: Type) => z.nullish(type)
const object = z.looseObject({})
const text = z.string()
const name = text.min(1)
const type = <Name extends string>(literal: Name) => z.literal(literal)

/** An object whose `type` is none of these: of a kind that is newer than this house, or a provider's own. */
const otherType = (...known: string[]) =>
  z.looseObject({ type: text.refine((given) => !known.includes(given), { abort: true }) })

const marks = { cache_control: optional(z.looseObject({ type: text, ttl: optional(text) })) }
const citations = optional(z.looseObject({ enabled: optional(z.boolean()) }))

const textBlock = z.looseObject({ type: type('text'), text, citations: optional(z.array(object)), ...marks })
const imageSource = z.discriminatedUnion('type', [
  z.looseObject({ type: type('base64'), data: text, media_type: text }),
  z.looseObject({ type: type('url'), url: text }),
  z.looseObject({ type: type('file'), file_id: text }),
])
const imageBlock = z.looseObject({ type: type('image'), source: imageSource, ...marks })
const documentSource = z.discriminatedUnion('type', [
  z.looseObject({ type: type('base64'), data: text, media_type: text }),
  z.looseObject({ type: type('text'), data: text, media_type: optional(text) }),
  z.looseObject({ type: type('content'), content: z.union([text, z.array(z.looseObject({ type: text }))]) }),
  z.looseObject({ type: type('url'), url: text }),
  z.looseObject({ type: type('file'), file_id: text }),
])
const documentBlock = z.looseObject({
  type: type('document'),
  source: documentSource,
  title: optional(text),
  context: optional(text),
  citations,
  ...marks,
})
const searchResultBlock = z.looseObject({
  type: type('search_result'),
  content: z.array(textBlock),
  source: text,
  title: text,
  citations,
  ...marks,
})
const resultBlock = z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, searchResultBlock])
const resultTypes = ['text', 'image', 'document', 'search_result']

const knownBlock = z.discriminatedUnion('type', [
  textBlock,
  imageBlock,
  documentBlock,
  searchResultBlock,
  z.looseObject({ type: type('thinking'), thinking: text, signature: optional(text) }),
  z.looseObject({ type: type('redacted_thinking'), data: text }),
  z.looseObject({ type: type('tool_use'), id: name, name, input: object, ...marks }),
  z.looseObject({
    type: type('tool_result'),
    tool_use_id: name,
    content: optional(z.union([text, z.array(z.union([resultBlock, otherType(...resultTypes)]))])),
    is_error: optional(z.boolean()),
    ...marks,
  }),
])
const knownTypes = [...resultTypes, 'thinking', 'redacted_thinking', 'tool_use', 'tool_result']
const content = z.union(
  [text, z.array(z.union([knownBlock, otherType(...knownTypes)]))],
  'content is neither a text nor a list of content blocks',
)
const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['user', 'assistant']), content }),
  // One of the system may say no more than how the next turns are to be answered: `output_config`.
  z.looseObject({ role: z.literal('system'), content: optional(content) }),
])

const customTool = z.looseObject({
  type: optional(type('custom')),
  name,
  description: optional(text),
  input_schema: z.looseObject({ type: type('object') }),
  strict: optional(z.boolean()),
  ...marks,
})
const tool = z.union([customTool, otherType('custom')])

const parallel = { disable_parallel_tool_use: optional(z.boolean()) }
const toolChoice = z.discriminatedUnion('type', [
  z.looseObject({ type: type('auto'), ...parallel }),
  z.looseObject({ type: type('any'), ...parallel }),
  z.looseObject({ type: type('tool'), name, ...parallel }),
  z.looseObject({ type: type('none') }),
])

const display = { display: optional(text) }
const thinking = z.union([
  z.discriminatedUnion('type', [
    z.looseObject({ type: type('enabled'), budget_tokens: z.int().min(1024), ...display }),
    z.looseObject({ type: type('disabled') }),
    z.looseObject({ type: type('adaptive'), ...display }),
  ]),
  otherType('enabled', 'disabled', 'adaptive'),
])

const outputFormat = optional(
  z.union([z.looseObject({ type: type('json_schema'), schema: object }), otherType('json_schema')]),
)
const effort = optional(z.enum(['low', 'medium', 'high', 'xhigh', 'max']))

/** Ours are names, or pairs of provider and model; those of the API name a model alone, or are its default. */
const fallbacks = optional(
  z.union([
    type('default'),
    z.array(z.union([text, z.looseObject({ provider: optional(text), model: text })])).max(32),
  ]),
)

/** What a request for an answer and one for a count have in common. */
const question = {
  model: name,
  messages: z.array(message).min(1).max(100_000),
  system: optional(z.union([text, z.array(textBlock)], 'system is neither a text nor a list of text blocks')),
  tools: optional(z.array(tool)),
  tool_choice: optional(toolChoice),
  thinking: optional(thinking),
  output_config: optional(z.looseObject({ effort, format: outputFormat })),
  output_format: outputFormat,
  fallbacks,
  ...marks,
}

const countSchema = z.looseObject(question)

const requestSchema = z.looseObject({
  ...question,
  // 0 fills the prompt cache and has no answer.
  max_tokens: z.int().min(0),
  stream: optional(z.boolean()),
  stop_sequences: optional(z.array(text)),
  temperature: optional(z.number().min(0).max(1)),
  top_p: optional(z.number().min(0).max(1)),
  top_k: optional(z.int().min(0)),
  metadata: optional(z.looseObject({ user_id: optional(text) })),
  service_tier: optional(text),
})

type Checked = z.infer<typeof countSchema> & { stream?: boolean | null | undefined }
type Validator = { validate(body: unknown): body is Checked }

/** Checks the body and tells what the engine needs to know of it before anything is translated. Throws `invalid-request`. */
export const checkRequest = checkerOf(requestSchema)

/** The same for a body that is to be counted and not answered. */
export const checkCountRequest = checkerOf(countSchema)

/** Generating a validator takes longer than a start may, so it is done for the first request. */
function checkerOf(schema: z.ZodType): (body: Json) => ChatHead {
  let compiled: Validator | undefined
  return (body) => {
    compiled ??= z.compile(schema) as unknown as Validator
    if (!compiled.validate(body)) throw requestFault(schema.safeParse(body).error, body)
    return {
      model: body.model,
      stream: body.stream ?? false,
      fallbacks: ownFallbacks(body.fallbacks),
      includeUsage: true,
      choices: 1,
    }
  }
}
