/**
 * The half of the Responses dialect that faces providers: OpenAI and everybody who follows it, with their differences as arguments.
 * https://platform.openai.com/docs/api-reference/responses
 */
import type { AboutWire, ProviderChat } from '../../core/dialect.ts'
import { requestAdapter } from './adapt.ts'
import { decodeEvents } from './decode-events.ts'
import { decodeResponse } from './decode-response.ts'
import { dialect } from './name.ts'
import { decodeError } from './provider-errors.ts'
import type { Quirks } from './quirks.ts'
import { droppedNames, encodeRequest } from './request.ts'

/** The dialect as one provider speaks it. */
export function openaiResponses(quirks: Quirks = {}): ProviderChat {
  return {
    dialect,
    about: about(quirks),
    adaptRequest: requestAdapter(quirks),
    encodeRequest: (request, target) => encodeRequest(request, target, quirks),
    decodeResponse,
    decodeEvents,
    decodeError,
  }
}

function about({ reasoningBack }: Quirks): AboutWire {
  return {
    name: 'Responses',
    drops: Object.values(droppedNames),
    dropsFromMessages: ['name'],
    refuses: ['`n` above 1', '`stop`', 'sound and video in messages, sound in replies'],
    reasoningBack: reasoningBack !== 'none',
  }
}
