/**
 * Tools, and which of them the model may or must call.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
 */
import type { ChatRequest, Tool, ToolChoice } from '../../core/chat.ts'
import { customToolSchema, hasGrammar, toldGrammar } from '../../core/custom-tools.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { inconsistent, unsupported } from '../../core/refuse.ts'
import { leavesOut, refuseServerChoice } from '../../core/tool-choice.ts'
import { callsOf } from '../../core/tool-names.ts'
import { defined, objectOf, textOf } from '../../core/wire.ts'
import { nameExtra } from './blocks.ts'
import { cachePointsAfter } from './cache-points.ts'
import type { Draft } from './draft.ts'
import { answersByTool, answerTool } from './output.ts'

/** `toolConfig`; undefined: there are no tools. */
export function encodeTools(request: ChatRequest, draft: Draft): JsonObject | undefined {
  const offered = offeredTools(request, draft)
  const tools = [...offered, ...searchTool(request, draft)]
  if (answersByTool(request, draft.family)) return answerConfig(request, tools, draft)
  if (tools.length === 0) return withoutTools(request, draft)
  if (request.stream && !draft.family.streamedTools) {
    throw unsupported('stream', 'is true, and this model calls no tools in streams', 'Send false')
  }
  if (request.toolChoice?.mode === 'none') return withoutChoice(request)
  const choice = encodeChoice(request.toolChoice, draft)
  return defined({ tools: among(tools, request, draft), toolChoice: choice })
}

function offeredTools({ tools = [], toolChoice }: ChatRequest, draft: Draft): JsonObject[] {
  refuseServerChoice(toolChoice)
  const wire: JsonObject[] = []
  for (const [index, tool] of tools.entries()) {
    const path = `tools[${index}]`
    if (tool.kind === 'server' && leavesOut(toolChoice, tool)) {
      draft.drop(path)
      continue
    }
    wire.push(encodeTool(tool, path, draft))
    wire.push(...cachePointsAfter(tool, { path, behind: wire, draft }))
    nameExtra(tool.kind === 'server' ? undefined : tool.extra, path, draft)
  }
  return wire
}

function encodeTool(tool: Tool, path: string, draft: Draft): JsonObject {
  if (tool.kind === 'server') return serverTool(tool, path, draft)
  const name = draft.toolNames.fit(tool.name)
  if (tool.kind === 'function') {
    if (tool.strict === true && draft.family.schema !== 'native') draft.drop(`${path}.function.strict`)
    const strict = tool.strict === true && draft.family.schema === 'native' ? true : undefined
    return toolSpec(name, tool.description, { json: objectSchema(tool.parameters, path) }, strict)
  }
  if (hasGrammar(tool)) draft.drop(`${path}.custom.format`)
  return toolSpec(name, toldGrammar(tool), { json: customToolSchema }, undefined)
}

function toolSpec(
  name: string,
  description: string | undefined,
  inputSchema: JsonObject,
  strict: boolean | undefined,
): JsonObject {
  // An empty description is refused.
  return { toolSpec: defined({ name, description: description || undefined, inputSchema, strict }) }
}

/** The schema of an input is always one of an object. */
function objectSchema(parameters: JsonObject | undefined, path: string): JsonObject {
  const type = parameters?.['type']
  if (type !== undefined && type !== 'object') {
    throw inconsistent(
      `${path}.function.parameters.type`,
      'is not "object"',
      'Describe an object: the parameters are its members',
    )
  }
  return { type: 'object', ...(parameters ?? { properties: {} }) }
}

/** A tool of the model's own, `{type: "systemTool", systemTool: {name}}`, or another provider's that it has as well. */
function serverTool({ type, value }: Tool & { kind: 'server' }, path: string, draft: Draft): JsonObject {
  const tool = value['systemTool']
  if (isJsonObject(tool)) return { systemTool: tool }
  const { searchTool: name } = draft.family
  if (name !== undefined && isWebSearch(type)) {
    for (const option in value) if (option !== 'type') refuseOrDrop(option, `${path}.${option}`, draft)
    return { systemTool: { name } }
  }
  throw unsupported(
    path,
    `is of type ${type}, a tool that Bedrock does not run`,
    'Leave it out or choose another provider',
  )
}

/** As OpenAI calls it. https://platform.openai.com/docs/guides/tools-web-search */
function isWebSearch(type: string): boolean {
  return type === 'web_search' || type === 'web_search_preview'
}

/** How much is searched, and from where, changes little; what may be searched is a rule. */
function refuseOrDrop(option: string, path: string, draft: Draft): void {
  if (option === 'search_context_size' || option === 'user_location') draft.drop(path)
  else throw unsupported(path, 'is a rule that this provider cannot keep', 'Leave it out')
}

/** Searching the web, where the model has a tool for it. */
function searchTool({ webSearch }: ChatRequest, draft: Draft): JsonObject[] {
  if (webSearch === undefined) return []
  const name = draft.family.searchTool
  if (name === undefined) {
    const what = 'asks for a search of the web, which this model cannot do'
    throw unsupported('web_search_options', what, 'Leave it out or choose another model')
  }
  for (const option of Object.keys(webSearch)) draft.drop(`web_search_options.${option}`)
  return [{ systemTool: { name } }]
}

function encodeChoice(choice: ToolChoice | undefined, draft: Draft): JsonObject | undefined {
  switch (choice?.mode) {
    case undefined:
    case 'none':
    // Refused before.
    case 'server':
      return undefined
    case 'auto':
      return { auto: {} }
    case 'required':
      return { any: {} }
    case 'tool':
      nameExtra(choice.extra, 'tool_choice', draft)
      // Where no tool can be named, the one is offered alone; see `among`.
      return draft.family.toolByName ? { tool: { name: draft.toolNames.fit(choice.name) } } : { any: {} }
    case 'allowed':
      nameExtra(choice.extra, 'tool_choice', draft)
      return choice.among === 'required' ? { any: {} } : { auto: {} }
  }
}

/** Only the tools that may be called: a list of allowed ones has no other place here. */
function among(tools: readonly JsonObject[], { toolChoice: choice }: ChatRequest, draft: Draft): JsonObject[] {
  if (choice?.mode !== 'allowed' && (choice?.mode !== 'tool' || draft.family.toolByName)) return [...tools]
  const wanted = choice.mode === 'tool' ? [choice.name] : choice.tools.map(({ name }) => name)
  const names = new Set(wanted.map((name) => draft.toolNames.fit(name)))
  const kept = tools.filter((tool) =>
    // Those of the model's own that are not allowed have been left out already, where the choice can name them.
    tool['systemTool'] === undefined
      ? names.has(textOf(objectOf(tool['toolSpec'])?.['name']) ?? '')
      : choice.mode === 'allowed' && choice.servers !== undefined,
  )
  if (kept.length === 0)
    throw inconsistent('tool_choice', 'allows none of the tools', 'Allow one of them, or leave it out')
  return kept
}

/** No tool may be called. There is no word for it here but not to offer any, which calls of earlier turns forbid. */
function withoutChoice(request: ChatRequest): undefined {
  if (callsOf(request.messages).length === 0) return undefined
  const instead = 'Use "auto", or choose another provider'
  const what = 'is "none", which Bedrock cannot be told once tools have been called'
  throw unsupported('tool_choice', what, instead)
}

function withoutTools(request: ChatRequest, draft: Draft): JsonObject | undefined {
  const mode = request.toolChoice?.mode
  if (mode !== undefined && mode !== 'none' && mode !== 'auto') {
    throw inconsistent('tool_choice', 'asks for a tool where there are none', 'Send tools as well')
  }
  return historyConfig(request, draft)
}

/** Calls of earlier turns need their tools, even where the request offers none. */
function historyConfig(request: ChatRequest, draft: Draft): JsonObject | undefined {
  const names = new Set(callsOf(request.messages).map(({ name }) => draft.toolNames.fit(name)))
  if (names.size === 0) return undefined
  const description = 'No longer available: do not call it.'
  const schema = { json: { type: 'object', properties: {} } }
  return { tools: [...names].map((name) => toolSpec(name, description, schema, undefined)) }
}

/** The answer comes as the input of a tool that has to be called. */
function answerConfig(request: ChatRequest, tools: readonly JsonObject[], draft: Draft): JsonObject {
  if (tools.length > 0) {
    const what = 'has a schema, which this model can only keep to where the request has no tools'
    throw unsupported('response_format', what, 'Leave the tools out, or choose another model')
  }
  const history = historyConfig(request, draft)?.['tools']
  const tool = answerTool(request)
  return {
    tools: [tool, ...(Array.isArray(history) ? history : [])],
    toolChoice: { tool: { name: objectOf(tool['toolSpec'])!['name'] } },
  }
}
