/** What kinds of items there are: how their ids begin, who wrote them, and which of them answers which. */
import type { Refused } from '../errors.ts'
import { badRequest } from '../errors.ts'
import type { Item, Part } from './item-schema.ts'
import type { ResponseRequest } from './request-schema.ts'

/** How the id of an item begins. What is not here may have any id. */
const beginnings: Record<string, string> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fc',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctc',
  web_search_call: 'ws',
  file_search_call: 'fs',
  code_interpreter_call: 'ci',
  image_generation_call: 'ig',
  computer_call: 'cu',
  computer_call_output: 'cu',
  local_shell_call: 'lsh',
  shell_call: 'sh',
  shell_call_output: 'sh',
  apply_patch_call: 'apc',
  apply_patch_call_output: 'apc',
  mcp_list_tools: 'mcpl',
  mcp_call: 'mcp',
  mcp_approval_request: 'mcpr',
  mcp_approval_response: 'mcp',
}

/** What the id of an item that has none begins with. */
export const prefixOf = (type: string) => `${beginnings[type] ?? 'item'}_`

/** The calls that whoever asks has to answer, and how they are called in errors. */
export const answeredCalls: Record<string, { words: string; output: string }> = {
  function_call: { words: 'function call', output: 'function_call_output' },
  custom_tool_call: { words: 'custom tool call', output: 'custom_tool_call_output' },
  computer_call: { words: 'computer call', output: 'computer_call_output' },
  local_shell_call: { words: 'local shell call', output: 'local_shell_call_output' },
  shell_call: { words: 'shell call', output: 'shell_call_output' },
  apply_patch_call: { words: 'apply patch call', output: 'apply_patch_call_output' },
}

const callOfOutput = new Map(Object.entries(answeredCalls).map(([call, { output }]) => [output, call]))

/** The type of the calls that an item of this type answers. */
export const answeredBy = (type: string) => callOfOutput.get(type)

/** Whether the model wrote an item, and not whoever asks. */
export function isOfModel({ type, role }: Item): boolean {
  if (type === 'message') return role === 'assistant'
  return type === 'reasoning' || type.endsWith('_call') || type === 'mcp_list_tools' || type === 'mcp_approval_request'
}

/** The input of a request as items that all have a type. A text is a message of the user's. */
export function itemsIn({ input }: Pick<ResponseRequest, 'input'>): Item[] {
  if (input === undefined || input === null) return []
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }]
  return input.map((item) => ({ ...item, type: item.type ?? (item.role === undefined ? 'item_reference' : 'message') }))
}

/** The parts of what was said. */
export function partsOf({ type, role, content, output }: Item): readonly Part[] {
  const said = type === 'message' || type === 'reasoning' ? content : output
  if (typeof said === 'string') return [{ type: role === 'assistant' ? 'output_text' : 'input_text', text: said }]
  return Array.isArray(said) ? said : []
}

/** The text of an item, its parts on lines of their own. */
export const textIn = (item: Item) =>
  partsOf(item)
    .flatMap(({ text, refusal }) => text ?? refusal ?? [])
    .join('\n')

/** An id that does not begin as it must, or has letters that none has. */
export function idFault({ type, id }: Item, place: string): Refused | undefined {
  if (id === undefined || id === null || type === 'item_reference') return undefined
  const beginning = beginnings[type]
  const told = `Invalid '${place}': '${id}'.`
  if (beginning !== undefined && !id.startsWith(beginning)) {
    return badRequest(`${told} Expected an ID that begins with '${beginning}'.`, place, 'invalid_value')
  }
  if (/^[\w-]+$/.test(id)) return undefined
  const rule =
    'Expected an ID that contains letters, numbers, underscores, or dashes, but this value contained additional characters.'
  return badRequest(`${told} ${rule}`, place, 'invalid_value')
}
