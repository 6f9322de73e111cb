/** The half of Cohere's chat API, version 2, that faces Cohere. https://docs.cohere.com/reference/chat */
import type { ProviderChat } from '../../core/dialect.ts'
import { RequestEdits } from '../../core/request-edits.ts'
import { decodeError } from '../../core/upstream-error.ts'
import { dialect } from './name.ts'
import { encodeRequest } from './request.ts'
import { decodeResponse } from './response.ts'
import { decodeEvents } from './stream.ts'

/** The dialect as Cohere speaks it. No client speaks it here so far. */
export function cohereChat(): ProviderChat {
  return {
    dialect,
    about: {
      name: 'Cohere chat v2',
      drops: [
        ...['audio', 'logit_bias', 'metadata', 'prediction', 'prompt_cache_key', 'prompt_cache_retention'],
        ...['safety_identifier', 'user', 'verbosity', 'web_search_options'],
      ],
      dropsFromMessages: ['name'],
      refuses: [
        'files that are no texts',
        'sounds and videos',
        '`response_format` with JSON beside tools',
        'more than five stop sequences',
        'answers that are more than text',
      ],
      reasoningBack: true,
    },
    encodeRequest,
    adaptRequest(request, { model }) {
      const edits = new RequestEdits(request)
      edits.set('model', JSON.stringify(model))
      return edits.finish()
    },
    decodeResponse,
    decodeEvents,
    decodeError,
  }
}
