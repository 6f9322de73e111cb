/** Which of the offered tools are called, and with what. https://platform.openai.com/docs/guides/function-calling */
import { echoOf } from './echo.ts'
import { generateJson } from './generate-json.ts'
import type { ChatRequest, Tool } from './request-schema.ts'

export interface DraftCall {
  type: 'function' | 'custom'
  name: string
  /** The arguments of a function as JSON, or the input of a custom tool. */
  text: string
}

/** Calls of tools, or one of a function of the older kind. */
export interface Calls {
  calls?: DraftCall[]
  functionCall?: { name: string; arguments: string }
}

/** The tools to call, or undefined where the answer is text. An eager model calls them unasked, until it has their results. */
export function callsOf(request: ChatRequest, eager: boolean): Calls | undefined {
  const answered = ['tool', 'function'].includes(request.messages.at(-1)!.role)
  const willing = eager && !answered
  if (request.tools) {
    const chosen = chosenTools(request, willing)
    const calls = request.parallel_tool_calls === false ? chosen.slice(0, 1) : chosen
    return calls.length > 0 ? { calls: calls.map((tool) => callOf(tool, request)) } : undefined
  }
  const wanted = request.function_call ?? 'auto'
  if (!request.functions || wanted === 'none' || (wanted === 'auto' && !willing)) return undefined
  const called = request.functions.find(({ name }) => typeof wanted === 'string' || name === wanted.name)!
  return {
    functionCall: { name: called.name, arguments: JSON.stringify(generateJson(called.parameters ?? noParameters)) },
  }
}

function chosenTools({ tools = [], tool_choice = 'auto' }: ChatRequest, willing: boolean): Tool[] {
  if (tool_choice === 'none') return []
  if (tool_choice === 'auto') return willing ? tools : []
  if (tool_choice === 'required') return tools
  if (tool_choice.type !== 'allowed_tools') return tools.filter((tool) => isSame(tool, tool_choice)).slice(0, 1)
  const { mode, tools: allowed } = tool_choice.allowed_tools
  if (mode === 'auto' && !willing) return []
  return tools.filter((tool) => allowed.some((other) => isSame(tool, other)))
}

type Named = { type: 'function'; function: { name: string } } | { type: 'custom'; custom: { name: string } }

/** What a tool is called, of either kind. */
export const nameOf = (tool: Named) => (tool.type === 'function' ? tool.function.name : tool.custom.name)

/** Whether two mean the same tool: a function and a custom tool may share a name. */
export const isSame = (one: Named, other: Named) => one.type === other.type && nameOf(one) === nameOf(other)

const noParameters = { type: 'object', properties: {} }

function callOf(tool: Tool, request: ChatRequest): DraftCall {
  if (tool.type === 'custom') return { type: 'custom', name: tool.custom.name, text: echoOf(request) }
  const made = generateJson(tool.function.parameters ?? noParameters)
  return { type: 'function', name: tool.function.name, text: JSON.stringify(made) }
}
