/**
 * Functions and tools of Google's own, and which of them may be called.
 * https://ai.google.dev/gemini-api/docs/generate-content/function-calling
 * https://ai.google.dev/gemini-api/docs/generate-content/tool-combination
 */
import type { Tool, ToolChoice } from '../../core/chat.ts'
import { customToolSchema, hasGrammar, toldGrammar } from '../../core/custom-tools.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { leavesOut, refuseServerChoice } from '../../core/tool-choice.ts'
import { offeredNames, type ToolNames } from '../../core/tool-names.ts'
import { fitSchema } from './schema.ts'
import type { Writing } from './writing.ts'

export function writeTools(writing: Writing): void {
  const { request, body } = writing
  const tools = request.tools ?? []
  const functions = tools.flatMap((tool, position) => declaration(tool, `tools[${position}]`, writing))
  const others = tools.flatMap((tool, position) => ownTool(tool, `tools[${position}]`, writing))
  if (request.webSearch !== undefined) others.push(searchTool(request.webSearch, writing))
  if (functions.length > 0 && others.length > 0) checkCombination(writing)
  const list = [...(functions.length > 0 ? [{ functionDeclarations: functions }] : []), ...others]
  if (list.length > 0) body['tools'] = list
  const config = { ...callingConfig(functions.length > 0, writing), ...invocations(functions, others, writing) }
  if (Object.keys(config).length > 0) body['toolConfig'] = config
}

function declaration(tool: Tool, path: string, { keeper, names }: Writing): JsonObject[] {
  if (tool.kind === 'server') return []
  const { name, cacheControl, extra } = tool
  if (cacheControl !== undefined) keeper.lose(`${path}.cache_control`)
  if (tool.kind === 'custom' && hasGrammar(tool)) keeper.lose(`${path}.custom.format`)
  const description = tool.kind === 'custom' ? toldGrammar(tool) : tool.description
  // What a function takes is an object, also where its schema does not say so.
  const parameters =
    tool.kind === 'custom'
      ? customToolSchema
      : tool.parameters && { type: 'object', ...fitSchema(tool.parameters, `${path}.function.parameters`) }
  const wire = {
    name: names.fit(name),
    ...(description && { description }),
    ...(parameters !== undefined && { parametersJsonSchema: parameters }),
  }
  return [keeper.put(wire, extra, path)]
}

/** Google's own tools, by the names they have in a request. */
const ownTools = [
  ...['googleSearch', 'googleSearchRetrieval', 'codeExecution', 'urlContext', 'googleMaps', 'fileSearch'],
  ...['computerUse', 'enterpriseWebSearch', 'retrieval', 'mcpServers', 'exaAiSearch', 'parallelAiSearch'],
] as const

/** What tools of other providers are here, by the beginning of their type. */
const counterparts: readonly (readonly [RegExp, string])[] = [
  [/^web_search/, 'googleSearch'],
  [/^code_execution|^code_interpreter$/, 'codeExecution'],
  [/^web_fetch/, 'urlContext'],
]

/** Settings of such tools that only say how much or from where; anything else would be a rule that is not kept. */
const hints: ReadonlySet<string> = new Set([
  ...['max_uses', 'user_location', 'search_context_size', 'cache_control', 'container', 'external_web_access'],
])

function ownTool(tool: Tool, path: string, { keeper, request }: Writing): JsonObject[] {
  if (tool.kind !== 'server') return []
  if (leavesOut(request.toolChoice, tool)) {
    keeper.lose(path)
    return []
  }
  const own = ownTools.find((name) => isJsonObject(tool.value[name] ?? tool.value[snakeCase(name)]))
  if (own !== undefined) return [{ [own]: tool.value[own] ?? tool.value[snakeCase(own)] }]
  const word = ownTools.find((name) => tool.type === name || tool.type === snakeCase(name))
  const counterpart = word ?? counterparts.find(([pattern]) => pattern.test(tool.type))?.[1]
  if (counterpart === undefined)
    throw unsupported(
      path,
      `is of type ${tool.type}, which does not exist here`,
      'Leave it out or choose another provider',
    )
  for (const name in tool.value) {
    if (name === 'type' || name === 'name') continue
    if (!hints.has(name))
      throw unsupported(`${path}.${name}`, 'is a rule that this provider cannot keep', 'Leave it out')
    keeper.lose(`${path}.${name}`)
  }
  return [{ [counterpart]: {} }]
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function searchTool(options: JsonObject, { keeper }: Writing): JsonObject {
  for (const name in options) if (options[name] != null) keeper.lose(`web_search_options.${name}`)
  return { googleSearch: {} }
}

function checkCombination({ traits, request }: Writing): void {
  if (traits.modern) return
  const param = request.webSearch === undefined ? 'tools' : 'web_search_options'
  throw unsupported(
    param,
    `asks for a tool of Google's beside functions, which models before Gemini 3 do not take`,
    'Leave one of them out or choose another model',
  )
}

/** Beside functions, calls of Google's tools have to be shown, as they must come back with the next turn. Vertex AI shows none. */
function invocations(functions: JsonObject[], others: JsonObject[], { service }: Writing): JsonObject {
  const both = functions.length > 0 && others.length > 0
  return both && service === 'gemini-api' ? { includeServerSideToolInvocations: true } : {}
}

function callingConfig(hasFunctions: boolean, writing: Writing): JsonObject {
  const { request, keeper } = writing
  const { toolChoice: choice, parallelToolCalls } = request
  refuseServerChoice(choice)
  // There is no way to say so.
  if (parallelToolCalls === false) keeper.lose('parallel_tool_calls')
  if (!hasFunctions) return withoutFunctions(choice)
  const config = modeOf(choice, writing)
  return config === undefined ? {} : { functionCallingConfig: config }
}

/** Where there is nothing to choose from, only a choice that forbids or allows says something that holds. */
function withoutFunctions(choice: ToolChoice | undefined): JsonObject {
  if (choice === undefined || choice.mode === 'none' || choice.mode === 'auto') return {}
  if (choice.mode === 'allowed' && choice.among === 'auto' && choice.tools.length === 0) return {}
  throw unsupported('tool_choice', 'asks for a call, but there is no function to be called', 'Add one to tools')
}

function modeOf(choice: ToolChoice | undefined, writing: Writing): JsonObject | undefined {
  const { request, names } = writing
  switch (choice?.mode) {
    case 'none':
      return { mode: 'NONE' }
    case 'required':
      return { mode: 'ANY' }
    case 'tool':
      writing.keeper.put({}, choice.extra, 'tool_choice')
      return { mode: 'ANY', allowedFunctionNames: [fitted(choice.name, 'tool_choice', offeredNames(request), names)] }
    case 'allowed': {
      writing.keeper.put({}, choice.extra, 'tool_choice')
      const path = 'tool_choice.allowed_tools.tools'
      if (choice.tools.length === 0) return noneOf(choice.among, path)
      const offered = offeredNames(request)
      const allowed = choice.tools.map(({ name }, position) => fitted(name, `${path}[${position}]`, offered, names))
      return { mode: choice.among === 'required' ? 'ANY' : 'VALIDATED', allowedFunctionNames: allowed }
    }
    default:
      return free(choice, writing)
  }
}

/** An empty list of names would allow all here. */
function noneOf(among: 'auto' | 'required', path: string): JsonObject {
  if (among === 'auto') return { mode: 'NONE' }
  throw unsupported(path, 'is empty, but one of them is to be called', 'Name one')
}

/** Arguments keep strictly to their schema where calls are validated. */
function free(choice: ToolChoice | undefined, { request }: Writing): JsonObject | undefined {
  if (request.tools?.some((tool) => tool.kind === 'function' && tool.strict === true)) return { mode: 'VALIDATED' }
  return choice === undefined ? undefined : { mode: 'AUTO' }
}

function fitted(name: string, path: string, offered: ReadonlySet<string>, names: ToolNames): string {
  if (offered.has(name)) return names.fit(name)
  throw unsupported(
    path,
    `names the function ${JSON.stringify(name)}, which is not among the tools`,
    'Add it, or choose another',
  )
}
