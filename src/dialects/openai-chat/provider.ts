/**
 * The half of the chat completions dialect that faces providers: OpenAI and everybody who follows it, with their differences as arguments.
 * https://platform.openai.com/docs/api-reference/chat
 */
import type { AboutWire, ProviderChat } from '../../core/dialect.ts'
import { isJsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { readJson } from '../../core/parse-json.ts'
import { decodeError } from '../../core/upstream-error.ts'
import { objectsOf } from '../../core/wire.ts'
import { requestAdapter } from './adapt.ts'
import { dialect } from './name.ts'
import type { Quirks } from './quirks.ts'
import { encodeRequest } from './request.ts'
import { decodeResponse } from './response.ts'
import { shownBehindTools } from './shown-by-tools.ts'
import { decodeEvents } from './stream.ts'

/** The dialect as one provider speaks it. */
export function openaiChat(quirks: Quirks = {}): ProviderChat {
  const adaptRequest = requestAdapter(quirks)
  return {
    dialect,
    about: about(quirks),
    adaptRequest,
    encodeRequest(request, target) {
      const { body, dropped } = encodeRequest(request)
      const text = JSON.stringify(body)
      const adapted = adaptRequest({ text, members: members(text), body }, { ...target, passExtraParams: false })
      const changed: unknown = readJson(adapted.text)
      const wire = isJsonObject(changed) ? changed : body
      // A client of this wire has put it where it wants it.
      if (request.dialect !== dialect && quirks.toolsShow !== true)
        wire['messages'] = shownBehindTools(objectsOf(wire['messages']))
      return { body: wire, dropped: [...(dropped ?? []), ...adapted.dropped] }
    },
    decodeResponse,
    decodeEvents,
    decodeError,
  }
}

function about({ drop = [], dropFromMessages = [], refuseParts = [], reasoning, reasoningBack }: Quirks): AboutWire {
  return {
    name: 'Chat completions',
    drops: reasoning === 'none' ? [...drop, 'reasoning_effort'] : drop,
    dropsFromMessages: dropFromMessages,
    refuses: refuseParts.map((type) => `\`${type}\` in messages`),
    reasoningBack: reasoningBack !== undefined && reasoningBack !== 'none',
  }
}
