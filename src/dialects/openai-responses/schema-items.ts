/**
 * What may stand in `input`: items by their type, and the parts of their content. Items and parts of types that are not known here are let
 * through, as a provider may know them. https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
 */
import { z } from 'zod'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { objectOf, tableOf, textOf } from '../../core/wire.ts'
import { object, optional, Shape, shape, text, words } from './schema-checks.ts'

const cacheControl = optional(z.looseObject({ type: text, ttl: optional(text), scope: optional(text) }))
const detail = optional(z.enum(['low', 'high', 'auto', 'default', 'original']))
const objects = z.array(object)
const texts = z.array(text)
const common = { id: optional(text), status: optional(text), cache_control: cacheControl }

const textPart = shape({ text, cache_control: cacheControl })

const parts = tableOf<Shape>({
  input_text: textPart,
  text: textPart,
  reasoning_text: textPart,
  summary_text: textPart,
  output_text: shape({
    text,
    annotations: optional(objects),
    logprobs: optional(objects),
    cache_control: cacheControl,
  }),
  refusal: shape({ refusal: text }),
  input_image: new Shape(
    z
      .looseObject({ image_url: optional(text), file_id: optional(text), detail, cache_control: cacheControl })
      .refine((given) => given.image_url ?? given.file_id, 'one of image_url and file_id'),
  ),
  input_file: new Shape(
    z
      .looseObject({
        file_data: optional(text),
        file_url: optional(text),
        file_id: optional(text),
        filename: optional(text),
        file_type: optional(text),
        detail: optional(text),
        cache_control: cacheControl,
      })
      .refine((given) => given.file_data ?? given.file_url ?? given.file_id, 'one of file_data, file_url and file_id'),
  ),
  input_audio: shape({
    input_audio: z.looseObject({ data: text, format: optional(text) }),
    cache_control: cacheControl,
  }),
})
const otherPart = shape({ type: text })

const message = shape({
  type: optional(text),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([text, objects], 'content is neither a text nor a list of content parts'),
  phase: optional(text),
  ...common,
})
const reference = shape({ id: words })
const output = z.union([text, objects, object], 'output is neither a text nor a list of content parts')
const mcp = { server_label: text, name: text, arguments: text, ...common }
const approval = shape({
  approval_request_id: optional(text),
  approval_response_id: optional(text),
  approve: z.boolean(),
  reason: optional(text),
})
const called = { call_id: words, ...common }

const items = tableOf<Shape>({
  message,
  item_reference: reference,
  function_call: shape({ name: words, arguments: text, ...called }),
  // OpenAI takes results of functions that nothing has called, by their names.
  function_call_output: shape({ output, ...common, call_id: optional(words) }),
  custom_tool_call: shape({ name: words, input: text, ...called }),
  custom_tool_call_output: shape({ output, ...called }),
  reasoning: shape({
    summary: optional(z.array(z.looseObject({ type: z.literal('summary_text'), text }))),
    content: optional(z.array(z.looseObject({ type: z.literal('reasoning_text'), text }))),
    encrypted_content: optional(text),
    ...common,
  }),
  refusal: shape({ refusal: text, ...common }),
  file_search_call: shape({ queries: optional(texts), results: optional(objects), ...common }),
  web_search_call: shape({ action: optional(object), ...common }),
  web_fetch_call: shape({ action: optional(object), ...common }),
  computer_call: shape({
    action: optional(object),
    actions: optional(objects),
    pending_safety_checks: optional(objects),
    ...called,
  }),
  computer_call_output: shape({ output: object, acknowledged_safety_checks: optional(objects), ...called }),
  code_interpreter_call: shape({
    code: optional(text),
    container_id: optional(text),
    outputs: optional(objects),
    ...common,
  }),
  local_shell_call: shape({ action: object, ...called }),
  local_shell_call_output: shape({ output: text, ...common }),
  shell_call: shape({ action: object, ...called }),
  shell_call_output: shape({ output: objects, ...called }),
  apply_patch_call: shape({ operation: object, ...called }),
  apply_patch_call_output: shape({ output: optional(text), ...called }),
  mcp_list_tools: shape({ server_label: text, tools: objects, ...common }),
  mcp_call: shape({ ...mcp, output: optional(text) }),
  mcp_approval_request: shape(mcp),
  mcp_approval_response: approval,
  mcp_approval_responses: approval,
  image_generation_call: shape({ result: optional(text), ...common }),
  compaction: shape({ encrypted_content: text, id: optional(text) }),
  additional_tools: shape({ tools: objects, id: optional(text) }),
})

/**
 * Throws `invalid-request` for the first item that is not what its type says. Goes over each item once. `member` is the one of the body that
 * has the list.
 */
export function checkItems(list: readonly Json[], body: JsonObject, member = 'input'): void {
  for (const [index, item] of list.entries()) {
    const known = isJsonObject(item) ? shapeOf(item) : undefined
    if (known !== undefined && !known.fits(item)) throw known.fault(item, [member, index], body)
    for (const name of ['content', 'output']) {
      const value = objectOf(item)?.[name]
      if (known !== undefined && Array.isArray(value))
        checkParts(value, item as JsonObject, [member, index, name], body)
    }
  }
}

function shapeOf(item: JsonObject): Shape | undefined {
  const { type, role, id } = item
  if (type === undefined || type === null) return role === undefined && textOf(id) !== undefined ? reference : message
  // What is no text at all fits no message either, and is told so.
  return typeof type === 'string' ? items[type] : message
}

/** Lists of parts have these items; what is in those of others is their own affair. */
const withParts: ReadonlySet<Json | undefined> = new Set([
  undefined,
  null,
  'message',
  'function_call_output',
  'custom_tool_call_output',
])

function checkParts(list: readonly Json[], item: JsonObject, at: readonly PropertyKey[], body: JsonObject): void {
  if (!withParts.has(item['type'])) return
  for (const [index, part] of list.entries()) {
    const type = textOf(objectOf(part)?.['type'])
    const known = type === undefined ? otherPart : parts[type]
    if (known !== undefined && !known.fits(part)) throw known.fault(part, [...at, index], body)
  }
}
