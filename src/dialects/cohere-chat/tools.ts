/**
 * Tools and the choice among them: functions alone, and a choice of none, any or one at least. https://docs.cohere.com/docs/tool-use-overview
 */
import type { ChatRequest, Tool, ToolChoice } from '../../core/chat.ts'
import { customToolSchema, hasGrammar, toldGrammar } from '../../core/custom-tools.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { inconsistent, unsupported } from '../../core/refuse.ts'
import { leavesOut, refuseServerChoice } from '../../core/tool-choice.ts'
import { offeredNames } from '../../core/tool-names.ts'
import { defined } from '../../core/wire.ts'
import type { Writing } from './writing.ts'

/** A function that takes nothing. */
const noParameters: JsonObject = { type: 'object', properties: {} }

const choiceWords = { none: 'NONE', auto: undefined, required: 'REQUIRED' } as const

export function writeTools(writing: Writing): void {
  const { request, body } = writing
  const { tools = [], toolChoice } = request
  refuseServerChoice(toolChoice)
  const chosen = chosenNames(toolChoice)
  if (chosen !== undefined) checkNames(chosen, request)
  const offered = [...tools.entries()].filter(([index, tool]) => {
    if (tool.kind !== 'server') return chosen === undefined || chosen.has(tool.name)
    const isLeftOut = leavesOut(toolChoice, tool)
    if (isLeftOut) writing.keeper.lose(`tools[${index}]`)
    return !isLeftOut
  })
  const word = choiceWord(toolChoice)
  if (offered.length === 0) return refuseForced(word)
  refuseNamesakes(offered)
  body['tools'] = offered.map(([index, tool]) => writeTool(tool, `tools[${index}]`, writing))
  if (word !== undefined) body['tool_choice'] = word
  writeStrictness(offered, writing)
}

function refuseForced(word: string | undefined): void {
  if (word !== choiceWords.required) return
  throw inconsistent('tool_choice', 'asks for a call, but there is no tool to be called', 'Add one to tools')
}

/** One tool, or some of them, can be asked for by offering no others. */
function chosenNames(choice: ToolChoice | undefined): ReadonlySet<string> | undefined {
  if (choice?.mode === 'tool') return new Set([choice.name])
  return choice?.mode === 'allowed' ? new Set(choice.tools.map(({ name }) => name)) : undefined
}

function checkNames(chosen: ReadonlySet<string>, request: ChatRequest): void {
  const name = [...chosen.difference(offeredNames(request))][0]
  if (name === undefined) return
  throw inconsistent('tool_choice', `names ${JSON.stringify(name)}, which is none of the tools`, 'Name one of them')
}

function refuseNamesakes(offered: readonly [number, Tool][]): void {
  const names = new Set<string>()
  for (const [index, tool] of offered) {
    if (tool.kind === 'server') continue
    if (names.has(tool.name))
      throw inconsistent(
        `tools[${index}].${tool.kind}.name`,
        'is the name of another tool as well',
        'Give each its own',
      )
    names.add(tool.name)
  }
}

function choiceWord(choice: ToolChoice | undefined): string | undefined {
  if (choice === undefined || choice.mode === 'server') return undefined
  if (choice.mode === 'tool') return choiceWords.required
  return choiceWords[choice.mode === 'allowed' ? choice.among : choice.mode]
}

function writeTool(tool: Tool, path: string, { keeper, names }: Writing): JsonObject {
  if (tool.cacheControl !== undefined) keeper.lose(`${path}.cache_control`)
  if (tool.kind === 'server') {
    if (keeper.own) return tool.value
    throw unsupported(
      path,
      `is of type ${tool.type}, which another provider runs itself`,
      'Leave it out or choose that provider',
    )
  }
  if (tool.kind === 'custom' && hasGrammar(tool)) keeper.lose(`${path}.custom.format`)
  const description = tool.kind === 'custom' ? toldGrammar(tool) : tool.description
  const name = names.fit(tool.name)
  const parameters = tool.kind === 'custom' ? customToolSchema : (tool.parameters ?? noParameters)
  return keeper.put({ type: 'function', function: defined({ name, description, parameters }) }, tool.extra, path)
}

/** Fields that strict tools may have, all of them together. */
const mostStrictFields = 200

/** Strictness is a matter of all tools or of none. https://docs.cohere.com/docs/tool-use-parameter-types#important-notes */
function writeStrictness(offered: readonly [number, Tool][], { body, keeper }: Writing): void {
  const strict = offered.filter(([, tool]) => tool.kind === 'function' && tool.strict === true)
  if (strict.length === 0) return
  const schemas = strict.map(([, tool]) => (tool.kind === 'function' ? tool.parameters : undefined) ?? noParameters)
  const possible =
    strict.length === offered.length &&
    schemas.every(requiresSomething) &&
    schemas.reduce((sum, schema) => sum + countFields(schema), 0) <= mostStrictFields
  if (possible) body['strict_tools'] = true
  else for (const [index] of strict) keeper.lose(`tools[${index}].function.strict`)
}

/** "You must specify at least one `required` parameter." */
function requiresSomething({ required }: JsonObject): boolean {
  return Array.isArray(required) && required.length > 0
}

/** Of all objects in it. */
function countFields(schema: Json): number {
  if (typeof schema !== 'object' || schema === null) return 0
  const own =
    !Array.isArray(schema) && isJsonObject(schema['properties']) ? Object.keys(schema['properties']).length : 0
  return Object.values(schema).reduce<number>((sum, below) => sum + countFields(below ?? null), own)
}
