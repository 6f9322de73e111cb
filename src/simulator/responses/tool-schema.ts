/** The tools that a request may offer, and how it may choose among them. https://platform.openai.com/docs/api-reference/responses/create */
import { z } from 'zod'
import { decimal, dictionary, integer, jsonSchema, list } from '../schema-parts.ts'
import { byTag, toolName, wordOr } from './schema-parts.ts'

const callers = list(z.enum(['direct', 'programmatic']), 2).nullish()
const named = list(z.string(), 1000, 0)

const functionTool = z.strictObject({
  type: z.literal('function'),
  name: toolName,
  parameters: jsonSchema.nullable(),
  strict: z.boolean().nullish(),
  description: z.string().nullish(),
  output_schema: jsonSchema.nullish(),
  allowed_callers: callers,
  async: z.boolean().optional(),
  defer_loading: z.boolean().optional(),
})

const customTool = z.strictObject({
  type: z.literal('custom'),
  name: toolName,
  description: z.string().optional(),
  format: byTag('type', {
    text: z.strictObject({ type: z.literal('text') }),
    grammar: z.strictObject({
      type: z.literal('grammar'),
      definition: z.string(),
      syntax: z.enum(['lark', 'regex']),
    }),
  }).optional(),
  allowed_callers: callers,
  async: z.boolean().optional(),
  defer_loading: z.boolean().optional(),
})

const scalar = z.union([z.string(), z.number(), z.boolean()])
const comparison = (type: string) =>
  z.strictObject({
    type: z.literal(type),
    key: z.string(),
    value: z.union([scalar, list(z.union([z.string(), z.number()]), 1000, 0)]),
  })
const comparisons = Object.fromEntries(
  ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin'].map((type) => [type, comparison(type)]),
)
const compound = (type: string): z.ZodType =>
  z.strictObject({ type: z.literal(type), filters: z.lazy(() => list(filter, 100)) })
const filter: z.ZodType = byTag('type', { ...comparisons, and: compound('and'), or: compound('or') })

const fileSearch = z.strictObject({
  type: z.literal('file_search'),
  vector_store_ids: list(z.string(), 100),
  filters: filter.nullish(),
  max_num_results: integer(1, 50).optional(),
  ranking_options: z
    .strictObject({
      hybrid_search: z.strictObject({ embedding_weight: z.number(), text_weight: z.number() }).optional(),
      ranker: z.enum(['auto', 'default-2024-11-15']).optional(),
      score_threshold: decimal(0, 1).optional(),
    })
    .optional(),
})

const place = {
  city: z.string().nullish(),
  country: z.string().nullish(),
  region: z.string().nullish(),
  timezone: z.string().nullish(),
}
const contextSize = z.enum(['low', 'medium', 'high']).optional()
const webSearch = (type: string) =>
  z.strictObject({
    type: z.literal(type),
    external_web_access: z.boolean().optional(),
    filters: z.strictObject({ allowed_domains: list(z.string(), 100, 0).nullish() }).nullish(),
    search_context_size: contextSize,
    user_location: z.strictObject({ type: z.literal('approximate').optional(), ...place }).nullish(),
  })
const webSearchPreview = (type: string) =>
  z.strictObject({
    type: z.literal(type),
    search_content_types: list(z.enum(['text', 'image']), 2).optional(),
    search_context_size: contextSize,
    user_location: z.strictObject({ type: z.literal('approximate'), ...place }).nullish(),
  })

const toolFilter = z.strictObject({ read_only: z.boolean().optional(), tool_names: named.optional() })
const mcp = z.strictObject({
  type: z.literal('mcp'),
  server_label: z.string().min(1),
  server_url: z.url().optional(),
  server_description: z.string().optional(),
  connector_id: z.string().startsWith('connector_').optional(),
  tunnel_id: z.string().optional(),
  authorization: z.string().optional(),
  headers: dictionary(z.string(), 100, 256).nullish(),
  allowed_tools: z.union([named, toolFilter]).nullish(),
  require_approval: wordOr(
    ['always', 'never'],
    z.strictObject({ always: toolFilter.optional(), never: toolFilter.optional() }),
  ).nullish(),
  allowed_callers: callers,
  defer_loading: z.boolean().optional(),
})

const memory = z.enum(['1g', '4g', '16g', '64g']).nullish()
const network = byTag('type', {
  disabled: z.strictObject({ type: z.literal('disabled') }),
  allowlist: z.strictObject({
    type: z.literal('allowlist'),
    allowed_domains: list(z.string(), 100),
    domain_secrets: list(
      z.strictObject({ domain: z.string(), name: z.string(), value: z.string() }),
      100,
      0,
    ).optional(),
  }),
})
const container = { file_ids: named.optional(), memory_limit: memory, network_policy: network.optional() }

const codeInterpreter = z.strictObject({
  type: z.literal('code_interpreter'),
  container: z.union([z.string(), z.strictObject({ type: z.literal('auto'), ...container })]),
  allowed_callers: callers,
})

const skill = byTag('type', {
  skill_reference: z.strictObject({
    type: z.literal('skill_reference'),
    skill_id: z.string(),
    version: z.string().optional(),
  }),
  inline: z.strictObject({
    type: z.literal('inline'),
    name: z.string(),
    description: z.string(),
    source: z.strictObject({
      type: z.literal('base64'),
      media_type: z.literal('application/zip'),
      data: z.string(),
    }),
  }),
})
const localSkill = z.strictObject({ name: z.string(), description: z.string(), path: z.string() })

/** Where commands are run. */
export const environments = {
  local: z.strictObject({ type: z.literal('local'), skills: list(localSkill, 200, 0).optional() }),
  container_reference: z.strictObject({ type: z.literal('container_reference'), container_id: z.string() }),
}

const shell = z.strictObject({
  type: z.literal('shell'),
  environment: byTag('type', {
    ...environments,
    container_auto: z.strictObject({
      type: z.literal('container_auto'),
      ...container,
      skills: list(skill, 200, 0).optional(),
    }),
  }).nullish(),
  allowed_callers: callers,
})

const imageGeneration = z.strictObject({
  type: z.literal('image_generation'),
  action: z.enum(['generate', 'edit', 'auto']).optional(),
  background: z.enum(['transparent', 'opaque', 'auto']).optional(),
  complexity: z.enum(['low', 'medium', 'high']).optional(),
  frame_count: integer(1).optional(),
  frame_duration_ms: integer(1).optional(),
  input_fidelity: z.enum(['high', 'low']).nullish(),
  input_image_mask: z.strictObject({ file_id: z.string().optional(), image_url: z.string().optional() }).optional(),
  model: z.string().optional(),
  moderation: z.enum(['auto', 'low']).optional(),
  output_compression: integer(0, 100).optional(),
  output_format: z.enum(['png', 'webp', 'jpeg', 'gif', 'svg']).optional(),
  partial_images: integer(0, 3).optional(),
  quality: z.enum(['low', 'medium', 'high', 'xhigh', 'max', 'auto']).optional(),
  size: z.string().optional(),
  svg: z
    .strictObject({
      model: z.string().optional(),
      reasoning: z
        .strictObject({ effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).optional() })
        .nullish(),
    })
    .optional(),
})

const plain = (type: string) => z.strictObject({ type: z.literal(type) })

const size = z.int().min(1)
const tools = {
  function: functionTool,
  custom: customTool,
  file_search: fileSearch,
  computer: plain('computer'),
  computer_use_preview: z.strictObject({
    type: z.literal('computer_use_preview'),
    display_width: size,
    display_height: size,
    environment: z.enum(['windows', 'mac', 'linux', 'ubuntu', 'browser']),
  }),
  web_search: webSearch('web_search'),
  web_search_2025_08_26: webSearch('web_search_2025_08_26'),
  web_search_preview: webSearchPreview('web_search_preview'),
  web_search_preview_2025_03_11: webSearchPreview('web_search_preview_2025_03_11'),
  mcp,
  code_interpreter: codeInterpreter,
  programmatic_tool_calling: plain('programmatic_tool_calling'),
  image_generation: imageGeneration,
  local_shell: plain('local_shell'),
  shell,
  apply_patch: z.strictObject({ type: z.literal('apply_patch'), allowed_callers: callers }),
  namespace: z.strictObject({
    type: z.literal('namespace'),
    name: toolName,
    description: z.string(),
    tools: list(byTag('type', { function: functionTool.partial({ parameters: true }), custom: customTool }), 128),
  }),
  tool_search: z.strictObject({
    type: z.literal('tool_search'),
    description: z.string().nullish(),
    execution: z.enum(['server', 'client']).optional(),
    parameters: z.unknown().optional(),
  }),
}

/** The tools of a request. */
export const toolList = (least: number) => list(byTag('type', tools), 128, least)

const hosted = [
  'file_search',
  'web_search_preview',
  'web_search_preview_2025_03_11',
  'computer',
  'computer_use_preview',
  'computer_use',
  'image_generation',
  'code_interpreter',
  'shell',
  'apply_patch',
  'programmatic_tool_calling',
]
const choices = {
  ...Object.fromEntries(hosted.map((type) => [type, plain(type)])),
  function: z.strictObject({ type: z.literal('function'), name: z.string() }),
  custom: z.strictObject({ type: z.literal('custom'), name: z.string() }),
  mcp: z.strictObject({ type: z.literal('mcp'), server_label: z.string().optional(), name: z.string().nullish() }),
  allowed_tools: z.strictObject({
    type: z.literal('allowed_tools'),
    mode: z.enum(['auto', 'required']),
    tools: list(dictionary(z.unknown(), 10, 64), 128),
  }),
}

export const toolChoice = wordOr(['none', 'auto', 'required'], byTag('type', choices))

/** A tool, as far as what becomes of a request depends on it. */
export interface Tool {
  type: string
  name?: string
  parameters?: Record<string, unknown> | null
  strict?: boolean | null
  tools?: Tool[]
  [field: string]: unknown
}

export type ToolChoice =
  | 'none'
  | 'auto'
  | 'required'
  | { type: 'allowed_tools'; mode: 'auto' | 'required'; tools: Partial<Tool>[] }
  | { type: string; name?: string | null; server_label?: string; mode?: undefined; tools?: undefined }
