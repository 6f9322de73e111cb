/** Tools and the choice among them, said the way one provider wants it. */
import { isJsonObject } from '../../core/json.ts'
import { elements, type Member, member, members } from '../../core/json-text.ts'
import type { Adapting } from './adapt.ts'

export function adaptTools(adapting: Adapting): void {
  adaptChoice(adapting)
  const { body, text, quirks } = adapting
  const tools = adapting.member('tools')
  if (!Array.isArray(body['tools']) || tools === undefined || quirks.drop?.includes('tools')) return
  for (const [index, span] of elements(text, tools.at).entries()) {
    const list = members(text, span.at)
    if (quirks.cacheControl !== true && member(list, 'cache_control') !== undefined) {
      adapting.edits.remove(list, (found) => found.key === 'cache_control')
      adapting.dropped.push(`tools[${index}].cache_control`)
    }
    completeSchema(adapting, body['tools'][index], list)
  }
}

/** OpenAI refuses an object schema without `properties`; a function that takes nothing is often written so. */
function completeSchema(adapting: Adapting, tool: unknown, list: readonly Member[]): void {
  if (!isJsonObject(tool) || !isJsonObject(tool['function'])) return
  const { parameters } = tool['function']
  if (!isJsonObject(parameters) || parameters['type'] !== 'object' || parameters['properties'] !== undefined) return
  const { text, edits } = adapting
  const schema = member(members(text, member(list, 'function')!.at), 'parameters')!
  edits.insert(members(text, schema.at).at(-1)!.end, ',"properties":{}')
}

/** `any` is another word for `required`, and objects that only hold a mode are another way to write it. */
function adaptChoice(adapting: Adapting): void {
  const given = adapting.body['tool_choice']
  const mode = typeof given === 'string' ? given : isJsonObject(given) ? given['type'] : undefined
  if (mode !== 'any' && mode !== 'required' && mode !== 'auto' && mode !== 'none') return
  const word = mode === 'any' || mode === 'required' ? (adapting.quirks.required ?? 'required') : mode
  adapting.set('tool_choice', JSON.stringify(word))
}
