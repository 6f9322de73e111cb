/** What a client's request asks for, read from its body without translating it. https://platform.openai.com/docs/api-reference/chat/create */
import { asksForThinking, type PartKind, type RequestUses } from '../../core/capabilities.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { booleanOf, defined, listOf, numberOf, objectOf, objectsOf, tableOf, textOf } from '../../core/wire.ts'

/** Types of content parts that hold something else than text. */
const partKinds = tableOf<PartKind>({
  image_url: 'image',
  input_audio: 'audio',
  video_url: 'video',
  file: 'file',
  document: 'file',
})

/** Takes a body that has passed the checks. */
export function usesOf(body: JsonObject): RequestUses {
  return {
    part: (kind) => partOf(body, kind),
    tools: someOf(body['tools']) || someOf(body['functions']),
    toolChoice: choiceOf(body['tool_choice'] ?? body['function_call']),
    format: formatOf(textOf(objectOf(body['response_format'])?.['type'])),
    stop: typeof body['stop'] === 'string' || someOf(body['stop']),
    choices: numberOf(body['n']) ?? 1,
    thinking: thinkingOf(body),
  }
}

function someOf(list: Json | undefined): boolean {
  return (listOf(list)?.length ?? 0) > 0
}

function partOf(body: JsonObject, kind: PartKind): string | undefined {
  for (const [index, message] of objectsOf(body['messages']).entries()) {
    const parts = listOf(message['content']) ?? []
    const found = parts.findIndex((part) => partKinds[textOf(objectOf(part)?.['type']) ?? ''] === kind)
    if (found !== -1) return `messages[${index}].content[${found}]`
  }
  return undefined
}

function choiceOf(choice: Json | undefined): RequestUses['toolChoice'] {
  const object = objectOf(choice)
  const word = textOf(choice) ?? textOf(object?.['type']) ?? (object === undefined ? undefined : 'function')
  if (word === undefined || word === 'none' || word === 'auto') return word
  return word === 'allowed_tools' && objectOf(object?.['allowed_tools'])?.['mode'] !== 'required' ? 'auto' : 'forced'
}

function formatOf(type: string | undefined): RequestUses['format'] {
  if (type === 'json_schema') return 'json-schema'
  return type === 'json_object' ? 'json-object' : undefined
}

function thinkingOf(body: JsonObject): boolean {
  const wish = objectOf(body['reasoning'])
  return asksForThinking(
    defined({
      enabled: booleanOf(wish?.['enabled']),
      effort: textOf(wish?.['effort'] ?? body['reasoning_effort']),
      maxTokens: numberOf(wish?.['max_tokens'] ?? body['reasoning_max_tokens']),
    }),
  )
}
