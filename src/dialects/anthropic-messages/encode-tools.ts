/**
 * Tools and the choice among them. https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools,
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-reference
 */
import { addAll } from '../../core/add-all.ts'
import type { Tool, ToolChoice } from '../../core/chat.ts'
import { customToolSchema, hasGrammar, toldGrammar } from '../../core/custom-tools.ts'
import { heldSchema } from '../../core/held-schema.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { inconsistent, unsupported } from '../../core/refuse.ts'
import { isForced, leavesOut, refuseServerChoice } from '../../core/tool-choice.ts'
import { callsOf } from '../../core/tool-names.ts'
import { defined } from '../../core/wire.ts'
import { encodeCacheControl } from './blocks.ts'
import { counterpartOf, encodeWebSearch } from './counterparts.ts'
import type { Encoding } from './encoding.ts'

/** Types of tools that run at Anthropic's or that its models know by heart, by their beginnings, and the beta that some need. */
const serverTools: readonly (readonly [beginning: string, beta?: string])[] = [
  ['bash_20241022', 'computer-use-2024-10-22'],
  ['text_editor_20241022', 'computer-use-2024-10-22'],
  ['computer_20241022', 'computer-use-2024-10-22'],
  ['computer_20250124', 'computer-use-2025-01-24'],
  ['computer_20251124', 'computer-use-2025-11-24'],
  ['advisor_', 'advisor-tool-2026-03-01'],
  ['mcp_toolset', 'mcp-client-2025-11-20'],
  ['bash_'],
  ['browser_toolset_'],
  ['code_execution_'],
  ['computer_toolset_'],
  ['memory_'],
  ['text_editor_'],
  ['tool_search_tool_'],
  ['web_fetch_'],
  ['web_search_2'],
]

/** Members of a tool beside those every wire has, which any client may say. */
const furtherMembers = ['allowed_callers', 'defer_loading', 'eager_input_streaming', 'input_examples'] as const

/** Every tool of the request, the web search it asks for in a field of its own, and what its history has to have. */
export function encodeTools(encoding: Encoding): JsonObject[] {
  const { request } = encoding
  const allowed =
    request.toolChoice?.mode === 'allowed' ? new Set(request.toolChoice.tools.map(({ name }) => name)) : undefined
  const tools: JsonObject[] = []
  for (const [position, tool] of (request.tools ?? []).entries()) {
    const path = `tools[${position}]`
    // A choice among some tools is a list of no others.
    if (tool.kind !== 'server') {
      if (allowed !== undefined && !allowed.has(tool.name)) continue
    } else if (leavesOut(request.toolChoice, tool)) {
      encoding.dropped.push(path)
      continue
    }
    tools.push(encodeTool(tool, encoding, path))
  }
  if (allowed !== undefined && allowed.size > 0 && tools.length === 0)
    throw inconsistent('tool_choice', 'allows none of the tools', 'Name tools that the request has')
  if (request.webSearch !== undefined && !tools.some(({ name }) => name === 'web_search'))
    tools.push(encodeWebSearch(request.webSearch, 'web_search_options', encoding))
  return tools.length === 0 ? toolsOfHistory(encoding) : tools
}

function encodeTool(tool: Tool, encoding: Encoding, path: string): JsonObject {
  switch (tool.kind) {
    case 'server':
      return encodeServerTool(tool, encoding, path)
    case 'custom':
      return encodePlainTool(tool, encoding, path)
    case 'function':
      return encodeFunction(tool, encoding, path)
  }
}

function encodeFunction(tool: Tool & { kind: 'function' }, encoding: Encoding, path: string): JsonObject {
  const { keeper, names, traits, dropped } = encoding
  const { name, description, parameters, strict } = tool
  // What every other generation would refuse is left out of a schema only where the tool is to be called strictly.
  const held = strict === true && traits.schemas ? heldSchema(objectSchema(parameters)) : undefined
  const isHeld = held?.open.length === 0
  if (isHeld)
    addAll(
      dropped,
      held.told.map((place) => `${path}.function.parameters.${place}`),
    )
  else if (strict === true) dropped.push(`${path}.function.strict`)
  const { further, extra } = furtherOf(tool, encoding)
  const wire = defined({
    name: names.fit(name),
    description,
    input_schema: isHeld ? held.schema : objectSchema(parameters),
    strict: isHeld ? true : undefined,
    ...further,
    cache_control: encodeCacheControl(tool.cacheControl, keeper, path),
  })
  return keeper.put(wire, extra, path)
}

/** A tool that takes plain text gets it in its one parameter. Only a grammar is more than can be said here. */
function encodePlainTool(tool: Tool & { kind: 'custom' }, encoding: Encoding, path: string): JsonObject {
  const { keeper, names, dropped } = encoding
  if (hasGrammar(tool)) dropped.push(`${path}.custom.format`)
  const wire = defined({
    name: names.fit(tool.name),
    description: toldGrammar(tool),
    input_schema: customToolSchema,
    cache_control: encodeCacheControl(tool.cacheControl, keeper, path),
  })
  return keeper.put(wire, tool.extra, path)
}

/** What tools of this API have beside the rest goes to it whoever says it. */
function furtherOf({ extra }: Tool, { keeper }: Encoding): { further: JsonObject; extra: JsonObject | undefined } {
  if (extra === undefined || keeper.own) return { further: {}, extra }
  const further: JsonObject = {}
  const rest: JsonObject = { ...extra }
  for (const name of furtherMembers) {
    if (rest[name] === undefined) continue
    further[name] = rest[name]
    delete rest[name]
  }
  return { further, extra: rest }
}

/** The API wants an object; a function that takes nothing is often written without one. */
function objectSchema(parameters: JsonObject | undefined): JsonObject {
  if (parameters === undefined) return { type: 'object', properties: {} }
  const { type = 'object' } = parameters
  if (type !== 'object' || (parameters['type'] !== undefined && parameters['properties'] !== undefined))
    return parameters
  return { type, properties: {}, ...parameters }
}

function encodeServerTool(tool: Tool & { kind: 'server' }, encoding: Encoding, path: string): JsonObject {
  const { host, betas, keeper } = encoding
  const { type, value } = keeper.own ? tool : (counterpartOf(tool, path, encoding) ?? tool)
  if (host.lacksTools.some((beginning) => type.startsWith(beginning)))
    throw unsupported(
      path,
      `is a tool of type ${type}, which ${host.name} does not have`,
      'Leave it out, or choose another provider',
    )
  const found = serverTools.find(([beginning]) => type.startsWith(beginning))
  // Its own clients may know tools that are newer than the table.
  if (found === undefined && !keeper.own)
    throw unsupported(
      path,
      `is a tool of type ${type}, which this provider does not have`,
      'Leave it out, or choose another provider',
    )
  if (found?.[1] !== undefined) betas.add(found[1])
  return value
}

/** A conversation with calls in it needs their tools defined, though none may be called any more. */
function toolsOfHistory({ request, names }: Encoding): JsonObject[] {
  const called = new Set(callsOf(request.messages).map(({ name }) => name))
  return [...called].map((name) => ({ name: names.fit(name), input_schema: { type: 'object', properties: {} } }))
}

/** Undefined where nothing has to be said. `defined`: there are tools of this request, not of its history alone. */
export function encodeToolChoice(encoding: Encoding, toolsGiven: boolean): JsonObject | undefined {
  const { request, traits, names } = encoding
  const { toolChoice: choice, parallelToolCalls } = request
  refuseServerChoice(choice)
  if (!toolsGiven) {
    if (isForced(choice))
      throw inconsistent('tool_choice', 'asks for a tool, but there are no tools', 'Give tools, or leave it out')
    return undefined
  }
  if (isForced(choice) && !traits.forcedTools)
    throw unsupported(
      'tool_choice',
      `forces a tool to be called, which model ${request.model} cannot be made to do`,
      'Use "auto" and ask for it in the prompt, or choose another model',
    )
  const wire = choiceOf(choice, names.fit.bind(names))
  if (parallelToolCalls !== false || wire?.['type'] === 'none') return wire
  return { ...(wire ?? { type: 'auto' }), disable_parallel_tool_use: true }
}

function choiceOf(choice: ToolChoice | undefined, nameOf: (name: string) => string): Record<string, Json> | undefined {
  if (choice === undefined) return undefined
  switch (choice.mode) {
    case 'tool':
      return { type: 'tool', name: nameOf(choice.name) }
    // Refused before.
    case 'server':
      return undefined
    case 'allowed':
      return { type: choice.among === 'required' ? 'any' : 'auto' }
    default:
      return { type: choice.mode === 'required' ? 'any' : choice.mode }
  }
}
