/** A response as the service tells it, with all that was asked echoed in it. https://platform.openai.com/docs/api-reference/responses/object */
import type { Item } from './item-schema.ts'
import type { ResponseRequest } from './request-schema.ts'
import type { Tool } from './tool-schema.ts'

export type Status = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled'

/** The whole object. */
export interface ResponseObject {
  id: string
  object: 'response'
  /** Unix seconds. */
  created_at: number
  status: Status
  completed_at: number | null
  error: { code: string; message: string } | null
  incomplete_details: { reason: string } | null
  output: readonly Item[]
  usage: Usage | null | undefined
  [field: string]: unknown
}

export interface Usage extends Record<string, unknown> {
  input_tokens: number
  output_tokens: number
  total_tokens: number
}

/** What a response is before anything of it is there. */
export function headOf(
  request: ResponseRequest,
  { id, model, now, azure }: { id: string; model: string; now: number; azure: boolean },
): ResponseObject {
  return {
    id,
    object: 'response',
    access_programs: null,
    created_at: now,
    status: 'in_progress',
    background: request.background ?? false,
    completed_at: null,
    error: null,
    frequency_penalty: 0,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    model,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    presence_penalty: 0,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    prompt_cache_retention: request.prompt_cache_retention ?? null,
    reasoning: reasoningOf(request),
    safety_identifier: request.safety_identifier ?? null,
    service_tier: request.service_tier ?? 'auto',
    store: request.store ?? true,
    temperature: request.temperature ?? 1,
    text: { ...request.text, format: formatOf(request), verbosity: request.text?.verbosity ?? 'medium' },
    tool_choice: request.tool_choice ?? 'auto',
    tools: (request.tools ?? []).map(toolOf),
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? 'disabled',
    usage: null,
    user: request.user ?? null,
    metadata: request.metadata ?? {},
    ...(azure && { content_filters: contentFilters }),
  }
}

function reasoningOf({ reasoning }: ResponseRequest) {
  const { generate_summary: older, ...given } = reasoning ?? {}
  return { ...given, effort: reasoning?.effort ?? null, summary: reasoning?.summary ?? older ?? null }
}

/** What was left out of a format is told with its default. */
function formatOf({ text }: ResponseRequest) {
  const format = text?.format ?? { type: 'text' as const }
  if (format.type !== 'json_schema') return format
  return { ...format, description: format.description ?? null, strict: format.strict ?? true }
}

/** What was left out of a tool is told with its default. Functions are strict unless they say that they are not. */
function toolOf(tool: Tool) {
  if (tool.type === 'function')
    return { ...tool, description: tool['description'] ?? null, strict: tool.strict ?? true }
  if (tool.type === 'custom') return { ...tool, format: tool['format'] ?? { type: 'text' } }
  // A secret of a server is not told again.
  if (tool.type !== 'mcp') return tool
  const { authorization: _, ...shown } = tool
  return { ...shown, allowed_tools: tool['allowed_tools'] ?? null, headers: null }
}

/** What Azure's filter says about a response that it let pass. */
const contentFilters = ['prompt', 'completion'].map((source_type) => ({
  blocked: false,
  source_type,
  content_filter_results: Object.fromEntries(
    ['hate', 'self_harm', 'sexual', 'violence'].map((kind) => [kind, { filtered: false, severity: 'safe' }]),
  ),
}))

/** `fast` is another name for `priority`, and `auto` is served as `default`. */
export function tierServed({ service_tier }: ResponseRequest): string {
  if (service_tier === 'fast') return 'priority'
  return service_tier && service_tier !== 'auto' ? service_tier : 'default'
}
