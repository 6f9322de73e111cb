/** Tools and the choice among them as one provider takes them. https://platform.openai.com/docs/guides/tools */
import type { JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { leavesOut } from '../../core/tool-choice.ts'
import { objectOf, objectsOf, textOf } from '../../core/wire.ts'
import type { Adapting } from './adapt.ts'
import { decodeToolChoice, serverToolType } from './decode-tools.ts'

export function adaptTools(adapting: Adapting): void {
  adaptChoice(adapting)
  const { body, quirks } = adapting
  if (!Array.isArray(body['tools'])) return
  const tools = objectsOf(body['tools'])
  const kept = tools.flatMap((tool, index): JsonObject[] => {
    const path = `tools[${index}]`
    if (!isTaken(tool, path, adapting)) return []
    if (quirks.cacheControl === true || tool['cache_control'] === undefined) return [tool]
    const { cache_control: mark, ...rest } = tool
    if (mark !== null) adapting.dropped.push(`${path}.cache_control`)
    return [rest]
  })
  if (kept.length === tools.length && kept.every((tool, index) => tool === tools[index])) return
  if (kept.length === 0) adapting.remove('tools')
  else adapting.set('tools', JSON.stringify(kept))
}

/** One that the choice leaves out is not missed. Throws where it is. */
function isTaken(tool: JsonObject, path: string, { body, quirks, dropped }: Adapting): boolean {
  const type = textOf(tool['type']) ?? ''
  if (quirks.tools === undefined || type === 'function' || quirks.tools.includes(serverToolType(type))) return true
  const known = serverToolType(type)
  if (!leavesOut(decodeToolChoice(body['tool_choice']), { kind: 'server', type: known, value: tool }))
    throw unsupported(
      path,
      `is a tool of type ${type}, which this provider does not have`,
      'Leave it out, or choose a provider that has it',
    )
  dropped.push(path)
  return false
}

/** `any` is what some providers call `required`; a word may stand in an object. */
function adaptChoice(adapting: Adapting): void {
  const { tool_choice: given } = adapting.body
  const word = textOf(given) ?? textOf(objectOf(given)?.['type'])
  const choice = decodeToolChoice(given)
  if (choice === undefined || choice.mode === given) return
  if (choice.mode === 'none' || choice.mode === 'auto' || choice.mode === 'required')
    adapting.set('tool_choice', JSON.stringify(word === 'any' ? 'required' : choice.mode))
}
