/** What a provider's stream tells of its failure, as an event of its own or as the error of its response. https://platform.openai.com/docs/api-reference/responses-streaming/error */
import { textOfBytes } from '../../core/bytes.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { parsedJson } from '../../core/parse-json.ts'
import { objectOf } from '../../core/wire.ts'
import { errorIn } from './provider-errors.ts'

/** `bytes` is an event: `error`, `response.failed`, or something with an `error` in it. */
export function toldFailure(bytes: string): GatewayError {
  const event = objectOf(parsedJson(textOfBytes(bytes))) ?? {}
  return (
    errorIn({ error: errorOf(event) }) ??
    new GatewayError('upstream-error', 'The provider ended the stream with an error.', { upstreamError: event })
  )
}

/** Some have it in the event, others are it. */
function errorOf({ response, error, type, sequence_number, ...flat }: JsonObject): JsonObject {
  return (
    objectOf(objectOf(response)?.['error']) ??
    objectOf(error) ?? { ...flat, ...(typeof error === 'string' && { message: error }) }
  )
}
