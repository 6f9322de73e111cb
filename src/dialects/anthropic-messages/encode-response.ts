/** A whole reply as a message for a client. https://platform.claude.com/docs/en/api/messages */
import type { Block, ChatResponse, Choice } from '../../core/chat.ts'
import { type ExtraFields, extraFieldsJson } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined } from '../../core/wire.ts'
import { encodeContent, nameLost, replyKeeper } from './encode-content.ts'
import { encodeEnd } from './encode-end.ts'
import { dialect } from './name.ts'
import { replyUsage } from './reply-usage.ts'

const silence: Choice = { index: 0, content: [], finishReason: null }

/** The documented members are always there, null where nothing is known. A client of this wire cannot ask for more than one answer. */
export function encodeResponse(response: ChatResponse, extra: ExtraFields): JsonObject {
  const { content, finishReason, stopSequence, ...choice } = response.choices[0] ?? silence
  const lost = new Set<string>()
  const keeper = replyKeeper(response.dialect === dialect, lost)
  const calls = content.some(({ type }) => type === 'tool-call')
  const message = {
    id: response.id,
    type: 'message',
    role: 'assistant',
    model: response.model,
    content: encodeContent(content, keeper, lost),
    ...encodeEnd({ finishReason, stopSequence, calls, refusal: keeper.own ? undefined : refusalOf(content) }),
    container: null,
    diagnostics: null,
    usage: replyUsage(response.usage, response.serviceTier, keeper),
    ...encodeSearch(response),
  }
  nameLost(lost, extra)
  const whole = [choice.messageExtra, choice.extra, response.extra].reduce<JsonObject>(
    (wire, unknown) => keeper.put(wire, unknown, ''),
    message,
  )
  return { ...whole, extra_fields: extraFieldsJson(extra) }
}

function refusalOf(content: readonly Block[]): string | undefined {
  const texts = content.flatMap((block) => (block.type === 'refusal' ? [block.text] : []))
  return texts.length === 0 ? undefined : texts.join('')
}

/** What a search model drew on has no place among the documented members, and does no harm beside them. */
export function encodeSearch({
  searchResults,
  videos,
  citations,
}: Pick<ChatResponse, 'searchResults' | 'videos' | 'citations'>): JsonObject {
  return defined({ search_results: searchResults, videos, citations })
}
