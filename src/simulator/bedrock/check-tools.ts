/**
 * What tools must be, and how calls and results must answer each other.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/tool-use-inference-call.html
 */
import type { Conversation } from './check-converse.ts'
import type { ContentBlock, Message, Tool } from './converse-request.ts'
import { invalid } from './errors.ts'

/** What tools must be by themselves. */
export function checkTools({ messages, toolConfig }: Conversation): void {
  const usesTools = messages.some(({ content }) => content.some(({ toolUse, toolResult }) => toolUse ?? toolResult))
  if (!toolConfig) {
    if (!usesTools) return
    throw invalid('The toolConfig field must be defined when using toolUse and toolResult content blocks.')
  }
  const names = toolConfig.tools.map(nameOf).filter((name) => name !== undefined)
  if (names.length === 0) throw invalid('The toolConfig.tools field must hold at least one tool.')
  const twice = names.find((name, place) => names.indexOf(name) !== place)
  if (twice !== undefined)
    throw invalid(`The tool ${twice} is already defined at toolConfig.tools.${names.indexOf(twice)}.`)
  for (const [index, { toolSpec }] of toolConfig.tools.entries()) {
    const schema = toolSpec?.inputSchema.json
    const type = isObject(schema) ? schema['type'] : undefined
    if (toolSpec && type !== 'object') {
      throw invalid(
        `The value at toolConfig.tools.${index}.toolSpec.inputSchema.json.type must be one of the following: object.`,
      )
    }
  }
  const wanted = toolConfig.toolChoice?.tool?.name
  if (wanted !== undefined && !names.includes(wanted)) {
    throw invalid(`The tool ${wanted} of toolConfig.toolChoice is not defined in toolConfig.tools.`)
  }
}

const nameOf = ({ toolSpec, systemTool }: Tool) => toolSpec?.name ?? systemTool?.name

/** Every toolUse is answered by the next user message, at its beginning, and nothing else is. */
export function checkToolTurns({ messages }: Conversation, isClaude: boolean): void {
  let open: readonly string[] = []
  for (const [index, message] of messages.entries()) {
    const place = `messages.${index}.content`
    if (message.role === 'user') checkResults(message, open, place, isClaude)
    if (message.role !== 'system') open = message.role === 'assistant' ? callsIn(message, place) : []
  }
  if (open.length > 0) throw unanswered(open, `messages.${messages.length}.content`)
}

/** The ids of the calls of one turn. */
function callsIn({ content }: Message, place: string): string[] {
  const ids: string[] = []
  for (const [index, { toolUse }] of content.entries()) {
    if (!toolUse) continue
    if (!isObject(toolUse.input)) {
      throw invalid(
        `The format of the value at ${place}.${index}.toolUse.input is invalid. Provide a json object for the field and try again.`,
      )
    }
    if (ids.includes(toolUse.toolUseId)) throw invalid(`${place} contains duplicate ids: ${toolUse.toolUseId}`)
    if (toolUse.type === undefined) ids.push(toolUse.toolUseId)
  }
  return ids
}

function checkResults({ content }: Message, open: readonly string[], place: string, isClaude: boolean): void {
  const results = content.flatMap(({ toolResult }) => toolResult ?? [])
  if (results.length > open.length) {
    throw invalid(`The number of toolResult blocks at ${place} exceeds the number of toolUse blocks of previous turn.`)
  }
  const answered = results.map(({ toolUseId }) => toolUseId)
  const missing = open.filter((id) => !answered.includes(id))
  if (missing.length > 0) throw unanswered(missing, place)
  const stranger = answered.find((id) => !open.includes(id))
  if (stranger !== undefined)
    throw invalid(`The toolUseId ${stranger} at ${place} is of no toolUse block of previous turn.`)
  checkOrder(content, place, isClaude)
  for (const [index, block] of content.entries()) checkResult(block, `${place}.${index}.toolResult`)
}

/** Claude takes what else is said behind the results, other models nothing else at all. */
function checkOrder(content: readonly ContentBlock[], place: string, isClaude: boolean): void {
  const kinds = content.filter(({ cachePoint }) => !cachePoint).map(({ toolResult }) => toolResult !== undefined)
  if (!kinds.includes(true)) return
  if (!isClaude && kinds.includes(false)) {
    throw invalid(`${place}: Conversation blocks and tool result blocks cannot be provided in the same turn.`)
  }
  if (kinds.lastIndexOf(true) > kinds.indexOf(false) && kinds.includes(false)) {
    throw invalid(`${place}: toolResult blocks must come before all other content.`)
  }
}

function checkResult({ toolResult }: ContentBlock, place: string): void {
  if (!toolResult) return
  if (toolResult.status === 'error' && toolResult.content.length === 0) {
    throw invalid(`The content field at ${place} cannot be empty when status value is error.`)
  }
  for (const [index, block] of toolResult.content.entries()) {
    if ('json' in block && !isObject(block.json)) {
      throw invalid(
        `The format of the value at ${place}.content.${index}.json is invalid. Provide a json object for the field and try again.`,
      )
    }
    if (block.text !== undefined && block.text === '') {
      throw invalid(
        `The text field in the ToolResultContentBlock object at ${place}.content.${index} is blank. Add text to the text field, and try again.`,
      )
    }
  }
}

const unanswered = (ids: readonly string[], place: string) =>
  invalid(`Expected toolResult blocks at ${place} for the following Ids: ${ids.join(', ')}`)

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
