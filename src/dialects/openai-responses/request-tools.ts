/** Tools and the choice among them as a Responses request has them. https://platform.openai.com/docs/guides/tools */
import type { ChosenServerTool, Tool, ToolChoice } from '../../core/chat.ts'
import type { Keeper } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { leavesOut } from '../../core/tool-choice.ts'
import { defined, objectOf } from '../../core/wire.ts'
import type { Writing } from './request.ts'

export function encodeTools(writing: Writing): JsonObject[] | undefined {
  const { request } = writing
  const tools = (request.tools ?? []).flatMap((tool, index) => encodeTool(tool, `tools[${index}]`, writing))
  if (request.webSearch !== undefined) tools.push(webSearch(request.webSearch, writing))
  return tools.length > 0 || (request.tools !== undefined && writing.keeper.own) ? tools : undefined
}

function encodeTool(tool: Tool, path: string, writing: Writing): JsonObject[] {
  const { keeper, quirks } = writing
  if (tool.kind === 'server') return serverTool(tool, path, writing)
  const { kind: type, name, description, cacheControl, extra } = tool
  if (type === 'custom' && quirks.tools?.includes('custom') === false)
    throw unsupported(
      path,
      'is a custom tool, which this provider does not have',
      'Make a function of it, or choose another provider',
    )
  if (cacheControl !== undefined && quirks.cacheControl !== true) keeper.lose(`${path}.cache_control`)
  const mark = cacheControl && quirks.cacheControl === true ? { cache_control: { ...cacheControl } } : {}
  const wire: JsonObject =
    tool.kind === 'function'
      ? { type, name, description, ...calledWith(tool, keeper) }
      : { type, name, description, format: tool.format && customFormat(tool.format) }
  return [keeper.put(defined({ ...wire, ...mark }), extra, path)]
}

/** Both have to be there; who does not say how strict means strict here, and the opposite elsewhere. */
function calledWith({ parameters, strict }: Tool & { kind: 'function' }, { own }: Keeper) {
  return own ? { parameters, strict } : { parameters: parameters ?? null, strict: strict ?? false }
}

/** The grammar stands in an object of its own in the canonical form. */
function customFormat({ grammar, ...format }: JsonObject): JsonObject {
  return { ...format, ...objectOf(grammar) }
}

/** Types of other wires' tools that do here what they do there, whatever date they carry. */
const searches = /^web_search(_preview)?(_|$)/

function serverTool(tool: Tool & { kind: 'server' }, path: string, writing: Writing): JsonObject[] {
  const { keeper, request, quirks } = writing
  if (keeper.own && (quirks.tools?.includes(tool.type) ?? true)) return [tool.value]
  if (leavesOut(request.toolChoice, tool)) {
    keeper.lose(path)
    return []
  }
  if (!searches.test(tool.type) || !has('web_search', writing))
    throw unsupported(
      path,
      `is a tool of type ${tool.type}, which this provider does not have`,
      'Leave it out, or choose another provider',
    )
  const { type: _, name: __, ...options } = tool.value
  return [searchTool(options, path, keeper)]
}

function has(type: string, { quirks }: Writing): boolean {
  return quirks.tools?.includes(type) ?? true
}

function webSearch(options: JsonObject, writing: Writing): JsonObject {
  const path = 'web_search_options'
  if (!has('web_search', writing))
    throw unsupported(
      path,
      'asks for a search of the web, which this provider does not have',
      'Leave it out, or choose another provider',
    )
  return searchTool(options, path, writing.keeper)
}

/** Chat completions have the place in an object of its own; Anthropic has the domains beside it. */
function searchTool(options: JsonObject, path: string, keeper: Keeper): JsonObject {
  const { search_context_size, user_location, filters, allowed_domains, blocked_domains, ...rest } = options
  for (const name in rest) keeper.lose(`${path}.${name}`)
  const location = objectOf(user_location)
  const domains = defined({
    ...objectOf(filters),
    allowed_domains: allowed_domains ?? objectOf(filters)?.['allowed_domains'],
  })
  if (blocked_domains !== undefined) keeper.lose(`${path}.blocked_domains`)
  return defined({
    type: 'web_search',
    search_context_size,
    user_location: location && { type: 'approximate', ...(objectOf(location['approximate']) ?? location) },
    filters: Object.keys(domains).length === 0 ? undefined : domains,
  })
}

export function encodeToolChoice(choice: ToolChoice, keeper: Keeper): Json {
  switch (choice.mode) {
    case 'tool':
      return keeper.put({ type: choice.kind, name: choice.name }, choice.extra, 'tool_choice')
    case 'server':
      return serverChoice(choice, keeper)
    case 'allowed': {
      const tools = choice.tools.map(({ kind, name, extra }, position) =>
        keeper.put({ type: kind, name }, extra, `tool_choice.allowed_tools.tools[${position}]`),
      )
      const servers = (choice.servers ?? []).map((tool) => serverChoice(tool, keeper))
      const wire = { type: 'allowed_tools', mode: choice.among, tools: [...tools, ...servers] }
      return keeper.put(wire, choice.extra, 'tool_choice')
    }
    default:
      return choice.mode
  }
}

function serverChoice({ type, value }: ChosenServerTool, { own }: Keeper): JsonObject {
  if (own) return value
  if (searches.test(type)) return { type: 'web_search' }
  throw unsupported(
    'tool_choice',
    `asks for a tool of type ${type}, which this provider cannot be made to use`,
    'Use "auto", or choose another provider',
  )
}
