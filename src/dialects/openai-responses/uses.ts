/** What a client's request asks for, read from its body without translating it. https://platform.openai.com/docs/api-reference/responses/create */
import { asksForThinking, type PartKind, type RequestUses } from '../../core/capabilities.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { isForced } from '../../core/tool-choice.ts'
import { defined, listOf, numberOf, objectOf, objectsOf, tableOf, textOf } from '../../core/wire.ts'
import { decodeToolChoice } from './decode-tools.ts'

/** Types of content parts that hold something else than text. */
const partKinds = tableOf<PartKind>({
  input_image: 'image',
  computer_screenshot: 'image',
  input_audio: 'audio',
  input_file: 'file',
})

/** Takes a body that has passed the checks. */
export function usesOf(body: JsonObject): RequestUses {
  return {
    part: (kind) => partOf(body, kind),
    tools: (listOf(body['tools'])?.length ?? 0) > 0,
    toolChoice: choiceOf(body['tool_choice']),
    format: formatOf(textOf(objectOf(objectOf(body['text'])?.['format'])?.['type'])),
    // There are none of these here.
    stop: false,
    choices: 1,
    thinking: thinkingOf(objectOf(body['reasoning'])),
  }
}

/** Results of tools may have such parts as well. */
function partOf(body: JsonObject, kind: PartKind): string | undefined {
  for (const [index, item] of objectsOf(body['input']).entries()) {
    for (const name of ['content', 'output']) {
      const at = `input[${index}].${name}`
      const value = item[name]
      if (isOfKind(value, kind)) return at
      const found = (listOf(value) ?? []).findIndex((part) => isOfKind(part, kind))
      if (found !== -1) return `${at}[${found}]`
    }
  }
  return undefined
}

function isOfKind(part: Json | undefined, kind: PartKind): boolean {
  return partKinds[textOf(objectOf(part)?.['type']) ?? ''] === kind
}

function choiceOf(wire: Json | undefined): RequestUses['toolChoice'] {
  const choice = decodeToolChoice(wire)
  if (choice === undefined) return undefined
  if (choice.mode === 'none') return 'none'
  return isForced(choice) ? 'forced' : 'auto'
}

function formatOf(type: string | undefined): RequestUses['format'] {
  if (type === 'json_schema') return 'json-schema'
  return type === 'json_object' ? 'json-object' : undefined
}

function thinkingOf(wish: JsonObject | undefined): boolean {
  return asksForThinking(defined({ effort: textOf(wish?.['effort']), maxTokens: numberOf(wish?.['max_tokens']) }))
}
