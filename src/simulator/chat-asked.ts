/** What a chat completion request asks for. https://platform.openai.com/docs/api-reference/chat/create */
import type { Asked, AskedFormat, OfferedTool } from './asked.ts'
import { echoOf } from './echo.ts'
import type { ChatRequest, Tool } from './request-schema.ts'

/** All that a model looks at. */
export function askedBy(request: ChatRequest): Asked {
  return {
    echo: echoOf(request),
    answered: ['tool', 'function'].includes(request.messages.at(-1)!.role),
    ...(request.tools ? toolsAsked(request) : functionsAsked(request)),
    format: formatAsked(request),
    thoughts: efforts[request.reasoning_effort ?? 'medium'] ?? 2,
    thinking: false,
    annotated: request.web_search_options !== undefined,
    audio: request.modalities?.includes('audio') ?? false,
    logprobs: request.logprobs === true,
  }
}

const efforts: Record<string, number> = { none: 0, minimal: 1, low: 1, high: 3, xhigh: 4, max: 5 }

function formatAsked({ response_format: format }: ChatRequest): AskedFormat {
  if (format?.type === 'json_schema') return { kind: 'schema', schema: format.json_schema.schema }
  return { kind: format?.type === 'json_object' ? 'json' : 'text' }
}

type AskedTools = Pick<Asked, 'tools' | 'calling' | 'parallel'>

function toolsAsked(request: ChatRequest): AskedTools {
  const { tools = [], tool_choice = 'auto' } = request
  const parallel = request.parallel_tool_calls !== false
  const offered = (chosen: Tool[]) => chosen.map(offerOf)
  if (tool_choice === 'none') return { tools: [], calling: 'never', parallel }
  if (tool_choice === 'auto') return { tools: offered(tools), calling: 'may', parallel }
  if (tool_choice === 'required') return { tools: offered(tools), calling: 'must', parallel }
  if (tool_choice.type !== 'allowed_tools') {
    const named = tools.filter((tool) => isSame(tool, tool_choice)).slice(0, 1)
    return { tools: offered(named), calling: 'must', parallel }
  }
  const { mode, tools: allowed } = tool_choice.allowed_tools
  const chosen = tools.filter((tool) => allowed.some((other) => isSame(tool, other)))
  return { tools: offered(chosen), calling: mode === 'auto' ? 'may' : 'must', parallel }
}

/** The older kind, of which one is called at a time. */
function functionsAsked({ functions = [], function_call: wanted = 'auto' }: ChatRequest): AskedTools {
  const offered = functions.map(({ name, parameters }): OfferedTool => ({ type: 'function', name, schema: parameters }))
  if (wanted === 'none' || offered.length === 0) return { tools: [], calling: 'never', parallel: false }
  if (wanted === 'auto') return { tools: offered, calling: 'may', parallel: false }
  return { tools: offered.filter(({ name }) => name === wanted.name), calling: 'must', parallel: false }
}

function offerOf(tool: Tool): OfferedTool {
  if (tool.type === 'custom') return { type: 'custom', name: tool.custom.name }
  return { type: 'function', name: tool.function.name, schema: tool.function.parameters }
}

type Named = { type: 'function'; function: { name: string } } | { type: 'custom'; custom: { name: string } }

/** What a tool is called, of either kind. */
export const nameOf = (tool: Named) => (tool.type === 'function' ? tool.function.name : tool.custom.name)

/** Whether two mean the same tool: a function and a custom tool may share a name. */
export const isSame = (one: Named, other: Named) => one.type === other.type && nameOf(one) === nameOf(other)
