/**
 * What a Messages request may hold, as strictly as the real service takes it: every documented field with its type and range, and
 * nothing else at any depth. https://platform.claude.com/docs/en/api/messages/create
 */
import { z } from 'zod'
import { decimal, integer, jsonSchema, list } from '../schema-parts.ts'
import { betaFields } from './betas.ts'

const most = 100_000
const id = z.string().regex(/^[a-zA-Z0-9_-]+$/)
const serverToolId = z.string().regex(/^srvtoolu_[a-zA-Z0-9_]+$/)
const dictionary = z.record(z.string(), z.unknown())

const cacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() })
const marked = { cache_control: cacheControl.nullish() }

const located = {
  cited_text: z.string(),
  document_index: integer(0),
  document_title: z.string().nullable(),
  file_id: z.string().nullish(),
}
const citation = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('char_location'),
    ...located,
    start_char_index: integer(0),
    end_char_index: integer(0),
  }),
  z.strictObject({
    type: z.literal('page_location'),
    ...located,
    start_page_number: integer(1),
    end_page_number: integer(1),
  }),
  z.strictObject({
    type: z.literal('content_block_location'),
    ...located,
    start_block_index: integer(0),
    end_block_index: integer(0),
  }),
  z.strictObject({
    type: z.literal('web_search_result_location'),
    cited_text: z.string(),
    encrypted_index: z.string(),
    title: z.string().nullable(),
    url: z.string(),
  }),
  z.strictObject({
    type: z.literal('search_result_location'),
    cited_text: z.string(),
    search_result_index: integer(0),
    source: z.string(),
    title: z.string().nullable(),
    start_block_index: integer(0),
    end_block_index: integer(0),
  }),
])

const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  citations: list(citation, most, 0).nullish(),
  ...marked,
})
const base64 = <Type extends string>(...types: readonly [Type, ...Type[]]) =>
  z.strictObject({ type: z.literal('base64'), media_type: z.enum(types), data: z.string() })
const urlSource = z.strictObject({ type: z.literal('url'), url: z.string() })
const fileSource = z.strictObject({ type: z.literal('file'), file_id: z.string() })
const imageBlock = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    base64('image/jpeg', 'image/png', 'image/gif', 'image/webp'),
    urlSource,
    fileSource,
  ]),
  transformations: z.strictObject({ oversized_image: z.enum(['downsize', 'error']).optional() }).nullish(),
  ...marked,
})
const citations = z.strictObject({ enabled: z.boolean().optional() })
const documentBlock = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    base64('application/pdf'),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() }),
    z.strictObject({
      type: z.literal('content'),
      content: z.union([z.string(), list(z.discriminatedUnion('type', [textBlock, imageBlock]), most, 0)]),
    }),
    urlSource,
    fileSource,
  ]),
  title: z.string().min(1).max(500).nullish(),
  context: z.string().min(1).nullish(),
  citations: citations.nullish(),
  ...marked,
})
const searchResultBlock = z.strictObject({
  type: z.literal('search_result'),
  content: list(textBlock, most),
  source: z.string(),
  title: z.string(),
  citations: citations.optional(),
  ...marked,
})

const caller = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('direct') }),
  z.strictObject({ type: z.literal('code_execution_20250825'), tool_id: serverToolId }),
  z.strictObject({ type: z.literal('code_execution_20260120'), tool_id: serverToolId }),
])
const toolUseBlock = z.strictObject({
  type: z.literal('tool_use'),
  id,
  name: z.string().min(1).max(200),
  input: dictionary,
  caller: caller.optional(),
  toolset_name: z.string().nullish(),
  ...marked,
})
const toolResultBlock = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: id,
  content: z
    .union([
      z.string(),
      list(
        z.discriminatedUnion('type', [
          textBlock,
          imageBlock,
          searchResultBlock,
          documentBlock,
          z.strictObject({ type: z.literal('tool_reference'), tool_name: z.string(), ...marked }),
          z.looseObject({ type: z.literal('browser_state') }),
        ]),
        most,
        0,
      ),
    ])
    .optional(),
  is_error: z.boolean().optional(),
  toolset_name: z.string().nullish(),
  ...marked,
})
const thinkingBlock = z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() })
const redactedThinkingBlock = z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() })

/** Tools that the service runs itself, and the blocks that tell what came of them. */
const serverTools = [
  'web_search',
  'web_fetch',
  'code_execution',
  'bash_code_execution',
  'text_editor_code_execution',
  'tool_search_tool_regex',
  'tool_search_tool_bm25',
] as const
const serverToolUseBlock = z.strictObject({
  type: z.literal('server_tool_use'),
  id: serverToolId,
  name: z.enum(serverTools),
  input: dictionary,
  caller: caller.optional(),
  ...marked,
})
const webSearchResultBlock = z.strictObject({
  type: z.literal('web_search_tool_result'),
  tool_use_id: serverToolId,
  content: z.union([
    list(
      z.strictObject({
        type: z.literal('web_search_result'),
        encrypted_content: z.string(),
        page_age: z.string().nullish(),
        title: z.string(),
        url: z.string(),
      }),
      most,
      0,
    ),
    z.strictObject({ type: z.literal('web_search_tool_result_error'), error_code: z.string() }),
  ]),
  caller: caller.optional(),
  ...marked,
})
const otherResultBlock = <Type extends string>(type: Type) =>
  z.strictObject({
    type: z.literal(type),
    tool_use_id: serverToolId,
    content: dictionary,
    caller: caller.optional(),
    ...marked,
  })

const contentBlock = z.discriminatedUnion('type', [
  textBlock,
  imageBlock,
  documentBlock,
  searchResultBlock,
  thinkingBlock,
  redactedThinkingBlock,
  toolUseBlock,
  toolResultBlock,
  serverToolUseBlock,
  webSearchResultBlock,
  otherResultBlock('web_fetch_tool_result'),
  otherResultBlock('code_execution_tool_result'),
  otherResultBlock('bash_code_execution_tool_result'),
  otherResultBlock('text_editor_code_execution_tool_result'),
  otherResultBlock('tool_search_tool_result'),
  z.strictObject({ type: z.literal('container_upload'), file_id: z.string(), ...marked }),
])

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('user'), content: z.union([z.string(), list(contentBlock, most, 0)]) }),
  z.strictObject({ role: z.literal('assistant'), content: z.union([z.string(), list(contentBlock, most, 0)]) }),
  z.strictObject({ role: z.literal('system'), content: z.union([z.string(), list(textBlock, most, 0)]) }),
])

const callers = ['direct', 'code_execution_20250825', 'code_execution_20260120', 'code_execution_20260521'] as const
const anyTool = {
  allowed_callers: list(z.enum(callers), 10, 0).optional(),
  defer_loading: z.boolean().optional(),
  strict: z.boolean().optional(),
  ...marked,
}
const customTool = z.strictObject({
  type: z.literal('custom').nullish(),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
  description: z.string().optional(),
  input_schema: z.looseObject({
    type: z.literal('object'),
    properties: dictionary.nullish(),
    required: z.array(z.string()).nullish(),
  }),
  eager_input_streaming: z.boolean().nullish(),
  input_examples: list(dictionary, most, 0).optional(),
  ...anyTool,
})

const domains = { allowed_domains: z.array(z.string()).nullish(), blocked_domains: z.array(z.string()).nullish() }
const searching = {
  ...domains,
  max_uses: integer(1).nullish(),
  user_location: z
    .strictObject({
      type: z.literal('approximate'),
      city: z.string().nullish(),
      country: z.string().nullish(),
      region: z.string().nullish(),
      timezone: z.string().nullish(),
    })
    .nullish(),
}
const fetching = {
  ...domains,
  max_uses: integer(1).nullish(),
  max_content_tokens: integer(1).nullish(),
  citations: citations.nullish(),
}
const inclusion = z.enum(['full', 'excluded']).optional()
const named = (name: string, fields: z.core.$ZodLooseShape = {}) =>
  z.strictObject({ type: z.string(), name: z.literal(name), ...fields, ...anyTool })
const toolset = z.looseObject({ type: z.string() })

/** The tools Anthropic defines, by type. */
const definedTools: Record<string, z.ZodType> = {
  bash_20250124: named('bash'),
  text_editor_20250124: named('str_replace_editor'),
  text_editor_20250429: named('str_replace_based_edit_tool'),
  text_editor_20250728: named('str_replace_based_edit_tool', { max_characters: integer(1).nullish() }),
  memory_20250818: named('memory'),
  browser_toolset_20260801: toolset,
  computer_toolset_20260801: toolset,
  web_search_20250305: named('web_search', searching),
  web_search_20260209: named('web_search', searching),
  web_search_20260318: named('web_search', { ...searching, response_inclusion: inclusion }),
  web_fetch_20250910: named('web_fetch', fetching),
  web_fetch_20260209: named('web_fetch', fetching),
  web_fetch_20260309: named('web_fetch', { ...fetching, use_cache: z.boolean().optional() }),
  web_fetch_20260318: named('web_fetch', {
    ...fetching,
    use_cache: z.boolean().optional(),
    response_inclusion: inclusion,
    url_sources: z.looseObject({}).nullish(),
  }),
  code_execution_20250522: named('code_execution'),
  code_execution_20250825: named('code_execution'),
  code_execution_20260120: named('code_execution'),
  code_execution_20260521: named('code_execution'),
  tool_search_tool_bm25_20251119: named('tool_search_tool_bm25'),
  tool_search_tool_regex_20251119: named('tool_search_tool_regex'),
}
const toolTypes = ['custom', ...Object.keys(definedTools)]

export type CustomTool = z.infer<typeof customTool>
/** A tool of the client's own, or one that Anthropic defines. */
export type Tool = CustomTool | { type: string; name?: string; strict?: boolean; cache_control?: CacheControl | null }

/** Which schema holds for a tool depends on a type that may be left out: no union of zod's can say so. */
const tool = z.unknown().check((context) => {
  const type = typeof context.value === 'object' && context.value !== null && 'type' in context.value
  const name = type ? (context.value as { type: unknown }).type : undefined
  const schema = name == null || name === 'custom' ? customTool : definedTools[String(name)]
  if (!schema) {
    const issue = { code: 'invalid_union', errors: [], path: ['type'], discriminator: 'type', options: toolTypes }
    context.issues.push({ ...issue, input: context.value } as unknown as z.core.$ZodRawIssue)
    return
  }
  for (const issue of schema.safeParse(context.value).error?.issues ?? []) {
    context.issues.push({ ...issue, input: context.value } as z.core.$ZodRawIssue)
  }
}) as unknown as z.ZodType<Tool>

const disableParallel = { disable_parallel_tool_use: z.boolean().optional() }
const toolChoice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), ...disableParallel }),
  z.strictObject({ type: z.literal('any'), ...disableParallel }),
  z.strictObject({ type: z.literal('tool'), name: z.string(), ...disableParallel }),
  z.strictObject({ type: z.literal('none') }),
])

const shown = {
  display: z.enum(['summarized', 'omitted', 'updates']).nullish(),
  block_binding: z.strictObject({ prefix_mismatch_behavior: z.enum(['error', 'drop_block']).nullish() }).nullish(),
}
const thinking = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('enabled'), budget_tokens: integer(1024), ...shown }),
  z.strictObject({ type: z.literal('adaptive'), ...shown }),
  z.strictObject({ type: z.literal('disabled') }),
  z.strictObject({ type: z.literal('between_tools') }),
])

const outputFormat = z.strictObject({ type: z.literal('json_schema'), schema: jsonSchema })
const outputConfig = z.strictObject({
  effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  format: outputFormat.nullish(),
  task_budget: z.unknown().optional(),
})

/** What counting tokens takes, too. */
const counted = {
  messages: list(message, most, 0),
  cache_control: cacheControl.nullish(),
  output_config: outputConfig.optional(),
  speed: z.enum(['standard', 'fast']).nullish(),
  system: z.union([z.string(), list(textBlock, most, 0)]).optional(),
  thinking: thinking.optional(),
  tool_choice: toolChoice.optional(),
  tools: list(tool, most, 0).optional(),
  ...Object.fromEntries(betaFields.map((field) => [field, z.unknown().optional()])),
}

const generated = {
  ...counted,
  max_tokens: integer(0),
  container: z
    .union([z.string(), z.strictObject({ id: z.string().nullish(), skills: z.array(dictionary).nullish() })])
    .nullish(),
  diagnostics: z.strictObject({ previous_message_id: z.string().nullish() }).nullish(),
  inference_geo: z.string().nullish(),
  metadata: z.strictObject({ user_id: z.string().max(256).nullish() }).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  stop_sequences: list(z.string(), most, 0).optional(),
  stream: z.boolean().optional(),
}

/** Parameters that API version 2026-10-21 has no more. https://platform.claude.com/docs/en/api/versioning */
const sampling = {
  temperature: decimal(0, 1).optional(),
  top_p: decimal(0, 1).optional(),
  top_k: integer(0).optional(),
}

/** On other clouds the path says which model is meant, and the body says what is a header elsewhere. */
const direct = { model: z.string().min(1).max(256) }
const vertex = {
  anthropic_version: z.literal('vertex-2023-10-16'),
  anthropic_beta: z.array(z.string()).optional(),
}
const bedrock = {
  anthropic_version: z.literal('bedrock-2023-05-31'),
  anthropic_beta: z.array(z.string()).optional(),
}

const { stream: _, ...withoutStream } = generated

/** The bodies that are taken, by who takes them. */
export const schemas = {
  '2023-06-01': z.strictObject({ ...direct, ...generated, ...sampling }),
  '2026-10-21': z.strictObject({ ...direct, ...generated }),
  vertex: z.strictObject({ ...vertex, ...generated, ...sampling }),
  bedrock: z.strictObject({ ...bedrock, ...withoutStream, ...sampling }),
  count: z.strictObject({ ...direct, ...counted }),
  'count-vertex': z.strictObject({ ...direct, ...vertex, ...counted }),
}
export type Form = keyof typeof schemas

export type CacheControl = z.infer<typeof cacheControl>
export type ContentBlock = z.infer<typeof contentBlock>
export type Message = z.infer<typeof message>
/** A request in any of the forms. What a form does not have is not there. */
export type MessagesRequest = Omit<z.infer<(typeof schemas)['2023-06-01']>, 'model' | 'max_tokens'> & {
  model?: string
  max_tokens?: number
}
