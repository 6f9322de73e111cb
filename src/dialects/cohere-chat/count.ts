/** Counting by Cohere's tokenizer, which takes texts: what stands around messages is not counted. https://docs.cohere.com/reference/tokenize */
import type { Block } from '../../core/chat.ts'
import type { ProviderCount, TokenCount } from '../../core/dialect.ts'
import type { Json } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { countable } from '../../core/token-estimate.ts'
import { decodeError, errorInDisguise, unreadable } from '../../core/upstream-error.ts'
import { countOf, defined, listOf, objectOf, textOf } from '../../core/wire.ts'
import { dialect } from './name.ts'

/** Letters it takes at once. */
const longestText = 65_536

export const cohereCount: ProviderCount = {
  dialect,
  encodeRequest(request) {
    const text = countable(request).texts.join('\n')
    if (request.messages.some(({ content }) => content.some(isNoText)))
      throw unsupported('messages', 'have more than text in them, which this provider does not count', 'Leave it out')
    if (text === '' || text.length > longestText)
      throw unsupported(
        'messages',
        `are ${text.length} letters, of which this provider counts 1 to ${longestText}`,
        'Shorten them',
      )
    return { body: { model: request.model, text } }
  },
  adaptRequest: ({ text }) => ({ text, dropped: [] }),
  decodeResponse,
  // There is nothing else that it could have against counting.
  declines: ({ failure, status }) =>
    failure === 'invalid-request' || status === 400 || status === 404 || status === 422,
  decodeError,
}

function isNoText(block: Block): boolean {
  const isText = 'source' in block && block.source?.kind === 'text'
  return !isText && ['image', 'audio', 'video', 'file'].includes(block.type)
}

function decodeResponse(body: Json): TokenCount {
  const error = errorInDisguise(body)
  if (error !== undefined) throw error
  const wire = objectOf(body)
  const tokens = listOf(wire?.['tokens'])
  if (wire === undefined || tokens === undefined) throw unreadable('the reply has no tokens')
  const ids = tokens.map(countOf)
  const strings = listOf(wire['token_strings'])?.map(textOf)
  return defined({
    dialect,
    inputTokens: tokens.length,
    tokens: ids.every((id) => id !== undefined) ? ids : undefined,
    tokenStrings: strings?.every((string) => string !== undefined) ? strings : undefined,
  })
}
