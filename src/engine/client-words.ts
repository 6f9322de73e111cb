/** Refusals of a translation, which speaks of places as chat completions call them, in the words of the client. */
import type { ClientChat, RequestText } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'

/** Gives what `translate` gives; what it throws of a place in the request says where that is for this client. */
export function inWordsOf<Result>(client: ClientChat, request: RequestText, translate: () => Result): Result {
  try {
    return translate()
  } catch (error) {
    throw error instanceof GatewayError ? renamed(error, client, request) : error
  }
}

function renamed(error: GatewayError, client: ClientChat, request: RequestText): GatewayError {
  const { details, message } = error
  const { param } = details
  if (client.nameOf === undefined || typeof param !== 'string') return error
  const name = client.nameOf(param, request)
  if (name === param) return error
  const told = message.startsWith(param) ? name + message.slice(param.length) : message
  return new GatewayError(error.failure, told, { ...details, param: name, cause: error })
}
