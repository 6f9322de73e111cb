/**
 * The half of the generateContent dialect that faces providers: the Gemini API and Vertex AI. No client speaks it here so far.
 * https://ai.google.dev/api/generate-content
 */
import type { AboutWire, ProviderChat } from '../../core/dialect.ts'
import { decodeError } from './errors.ts'
import { geminiFraming } from './framing.ts'
import { dialect } from './name.ts'
import { encodeRequest } from './request.ts'
import { decodeResponse } from './response.ts'
import { decodeEvents } from './stream.ts'
import type { Service } from './writing.ts'

const about: AboutWire = {
  name: 'generateContent',
  drops: [
    ...['logit_bias', 'parallel_tool_calls', 'prediction', 'prompt_cache_key', 'prompt_cache_retention'],
    ...['safety_identifier', 'user', 'verbosity'],
  ],
  dropsFromMessages: ['name', 'cache_control', 'annotations'],
  refuses: [
    'results of tools that answer no call, and calls without a result',
    'more than 5 `stop` sequences',
    'before Gemini 3, functions beside `response_format` or `web_search_options`',
    'files that were uploaded to another provider',
  ],
  reasoningBack: true,
}

/** The dialect as one of Google's services speaks it. */
export function gemini(service: Service): ProviderChat {
  return {
    dialect,
    about,
    framing: geminiFraming,
    // The model and whether to stream stand in the path.
    adaptRequest: ({ text }) => ({ text, dropped: [] }),
    encodeRequest: (request, target) => encodeRequest(request, target, service),
    decodeResponse,
    decodeEvents,
    decodeError,
  }
}
