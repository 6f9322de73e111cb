/** The Responses wire as providers serve it beside chat completions. https://platform.openai.com/docs/api-reference/responses */
import type { Counting, PathTarget, Provider, Wire } from '../core/provider.ts'
import { dialect } from '../dialects/openai-responses/name.ts'
import { openaiResponses } from '../dialects/openai-responses/provider.ts'
import { responsesCount } from '../dialects/openai-responses/provider-count.ts'
import type { Quirks } from '../dialects/openai-responses/quirks.ts'

/** Does the client speak it? Then nothing of what it says has to be translated. */
export function isOwnClient({ client }: PathTarget): boolean {
  return client === dialect
}

/** For clients that speak it, unless `more` says otherwise. */
export function responsesWire(quirks: Quirks, more: Partial<Omit<Wire, 'chat'>> = {}): Wire {
  return { serves: isOwnClient, chat: openaiResponses(quirks), path: '/v1/responses', ...more }
}

/** How OpenAI itself has it, wherever its models are served. */
export const openaiQuirks = {
  // It refuses smaller output caps.
  minimumMaxTokens: 16,
  // It refuses a longer `user`.
  maximumUserLength: 64,
  // Asking others for it is refused.
  sealing: /^(?:o\d|gpt-[5-9]|codex)/i,
} as const satisfies Quirks

/** How open models have it, whatever serves them: they show what they think, and seal nothing. */
export const openModelQuirks = {
  reasoningBack: 'text',
  checksItemIds: false,
  // Their templates know `system`; `developer` only a few of them.
  developerRole: 'system',
  // They know no `minimal`.
  efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  summaries: false,
} as const satisfies Quirks

/** OpenAI's counting of what a request would have a model read. */
export function responsesCounting(path: Counting['path']): Counting {
  return { tokens: responsesCount(openaiResponses(openaiQuirks)), path }
}

/**
 * OpenAI's models that have no chat completions: whoever asks for them is answered by way of Responses.
 * https://platform.openai.com/docs/models
 */
const onlyResponses =
  /^(?:o\d+-pro|o\d+(?:-mini)?-deep-research|gpt-\d[\d.]*-pro|gpt-\d[\d.]*-codex|codex-mini|computer-use-preview)(?:-|$)/i

/** `model` may be a deployment that is named for its model, or `requested` a name that is mapped to one. */
export function hasOnlyResponses({ model, requested }: PathTarget): boolean {
  return onlyResponses.test(model) || onlyResponses.test(requested)
}

/** The same provider for those who know that what is there has no such wire. */
export function withoutResponses({ wires = [], count, ...provider }: Provider): Provider {
  const left = wires.filter(({ chat }) => chat.dialect !== dialect)
  return {
    ...provider,
    ...(left.length > 0 && { wires: left }),
    ...(count !== undefined && count.tokens.dialect !== dialect && { count }),
  }
}
