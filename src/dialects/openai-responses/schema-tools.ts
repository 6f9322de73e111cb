/**
 * Tools and the choice among them, by their types; types that are not known here are let through.
 * https://platform.openai.com/docs/api-reference/responses/create#responses-create-tools
 */
import { z } from 'zod'
import { invalidRequest } from '../../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { objectsOf, tableOf } from '../../core/wire.ts'
import { serverToolType } from './decode-tools.ts'
import { object, optional, otherType, type Shape, shape, text, words } from './schema-checks.ts'
import { isNamespace } from './tool-namespaces.ts'

const texts = z.array(text)
const cacheControl = optional(z.looseObject({ type: text, ttl: optional(text), scope: optional(text) }))
const contextSize = optional(z.enum(['low', 'medium', 'high']))

const webSearch = shape({
  filters: optional(z.looseObject({ allowed_domains: optional(texts), blocked_domains: optional(texts) })),
  search_context_size: contextSize,
  user_location: optional(object),
})

const customFormat = z.union([
  z.looseObject({ type: z.literal('grammar'), definition: text, syntax: z.enum(['lark', 'regex']) }),
  otherType('grammar'),
])

const tools = tableOf<Shape>({
  function: shape({
    name: words,
    description: optional(text),
    parameters: optional(object),
    strict: optional(z.boolean()),
    cache_control: cacheControl,
  }),
  custom: shape({
    name: words,
    description: optional(text),
    format: optional(customFormat),
    cache_control: cacheControl,
  }),
  file_search: shape({
    vector_store_ids: texts,
    filters: optional(object),
    max_num_results: optional(z.int().min(1).max(50)),
    ranking_options: optional(object),
  }),
  web_search: webSearch,
  web_search_preview: webSearch,
  web_fetch: shape({ max_uses: optional(z.int().min(1)), filters: optional(object) }),
  mcp: shape({
    server_label: words,
    server_url: optional(text),
    server_description: optional(text),
    connector_id: optional(text),
    authorization: optional(text),
    headers: optional(z.record(text, text)),
    allowed_tools: optional(z.union([texts, object], 'allowed_tools is neither a list of names nor an object')),
    require_approval: optional(z.union([z.enum(['always', 'never']), object])),
  }),
  code_interpreter: shape({
    container: optional(z.union([text, z.looseObject({ type: text, file_ids: optional(texts) })])),
  }),
  image_generation: shape({
    model: optional(text),
    partial_images: optional(z.int().min(0).max(3)),
    output_compression: optional(z.int().min(0).max(100)),
    input_image_mask: optional(z.looseObject({ image_url: optional(text), file_id: optional(text) })),
  }),
  computer_use_preview: shape({
    display_width: optional(z.number()),
    display_height: optional(z.number()),
    environment: optional(text),
  }),
  namespace: shape({ name: words, tools: z.array(object) }),
})

/** Throws `invalid-request` for the first tool that is not what its type says. */
export function checkTools(list: readonly Json[], body: JsonObject): void {
  for (const [index, tool] of list.entries()) {
    if (!isJsonObject(tool)) continue
    checkTool(tool, ['tools', index], `tools[${index}]`, body)
    if (!isNamespace(tool)) continue
    for (const [inner, within] of objectsOf(tool['tools']).entries())
      checkTool(within, ['tools', index, 'tools', inner], `tools[${index}].tools[${inner}]`, body)
  }
}

function checkTool(tool: JsonObject, path: readonly PropertyKey[], at: string, body: JsonObject): void {
  const { type } = tool
  if (type === undefined || type === null)
    throw invalidRequest(
      `Missing required parameter: '${at}.type': missing required 'type' field in a tool.`,
      `${at}.type`,
      'missing_required_parameter',
    )
  const known = typeof type === 'string' ? tools[serverToolType(type)] : typed
  if (known !== undefined && !known.fits(tool)) throw known.fault(tool, path, body)
}

const typed = shape({ type: text })

const mode = z.enum(['none', 'auto', 'required', 'any'])
const named = (type: 'function' | 'custom') => z.looseObject({ type: z.literal(type), name: words })

const listed = z.union([
  z.discriminatedUnion('type', [
    named('function'),
    named('custom'),
    z.looseObject({ type: z.literal('mcp'), server_label: text }),
  ]),
  otherType('function', 'custom', 'mcp'),
])

export const toolChoice = z.union(
  [
    mode,
    z.discriminatedUnion('type', [
      named('function'),
      named('custom'),
      z.looseObject({ type: mode }),
      z.looseObject({ type: z.literal('mcp'), server_label: text, name: optional(text) }),
      z.looseObject({
        type: z.literal('allowed_tools'),
        mode: z.enum(['auto', 'required']),
        tools: z.array(listed),
      }),
    ]),
    otherType('function', 'custom', 'mcp', 'allowed_tools', ...mode.options),
  ],
  'tool_choice is neither a word nor an object with a type',
)
