/** How a provider counts what a request would have it read. https://platform.openai.com/docs/api-reference/responses/input-tokens */
import type { ProviderChat, ProviderCount, TokenCount } from '../../core/dialect.ts'
import { unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { readJson } from '../../core/parse-json.ts'
import { RequestEdits } from '../../core/request-edits.ts'
import { unreadable } from '../../core/upstream-error.ts'
import { countOf, objectOf } from '../../core/wire.ts'
import { dialect } from './name.ts'
import { errorIn } from './provider-errors.ts'

/** Members of a request that bear on what is read; the others are about the answer, and refused. */
const counted: ReadonlySet<string> = new Set([
  'conversation',
  'input',
  'instructions',
  'model',
  'parallel_tool_calls',
  'personality',
  'previous_response_id',
  'reasoning',
  'text',
  'tool_choice',
  'tools',
  'truncation',
])

/** What there is of older deployments and of other servers: the path is not known, or not for this model. */
const unknownThere = new Set([404, 405, 501])

/** Counts what `chat` would send. */
export function responsesCount(chat: ProviderChat): ProviderCount {
  return {
    dialect,
    encodeRequest(request, target) {
      const { n: _, stop: __, modalities: ___, audio: ____, ...read } = request
      const { body, ...encoded } = chat.encodeRequest({ ...read, stream: false }, target)
      return { ...encoded, body: countedOf(body) }
    },
    adaptRequest(request, target) {
      const adapted = chat.adaptRequest(request, target)
      return { ...adapted, text: countedText(adapted.text) }
    },
    decodeResponse: decodeCount,
    declines: ({ failure, details }) => failure === 'invalid-request' || unknownThere.has(details.status ?? 0),
    decodeError: chat.decodeError,
  }
}

function countedOf(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => counted.has(name)))
}

function countedText(text: string): string {
  const body = readJson(text) as JsonObject
  const edits = new RequestEdits({ text, members: members(text), body })
  for (const { key } of edits.members) if (!counted.has(key)) edits.remove(key)
  return edits.finish().text
}

function decodeCount(body: Json): TokenCount {
  const error = errorIn(body)
  if (error !== undefined) throw error
  const wire = objectOf(body)
  const inputTokens = countOf(wire?.['input_tokens'])
  if (wire === undefined || inputTokens === undefined) throw unreadable('the reply has no input_tokens')
  const extra = unknownFields(wire, { object: true, input_tokens: true, model: true })
  return extra === undefined ? { dialect, inputTokens } : { dialect, inputTokens, extra }
}
