/** Refusals of a translation, which speaks of places as chat completions call them, in the words of the client. */
import type { ClientChat } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import type { SuitedRequest } from './call.ts'

/** Gives what `translate` gives; what it throws of a place in the request says where that is for this client. */
export function inWordsOf<Result>(client: ClientChat, suited: SuitedRequest, translate: () => Result): Result {
  try {
    return translate()
  } catch (error) {
    throw error instanceof GatewayError ? renamed(error, client, suited) : error
  }
}

/** The client's name of a place that is told as chat completions call it. */
export function clientPlace(path: string, client: ClientChat, { request, placeOf }: SuitedRequest): string {
  const name = client.nameOf?.(path, request) ?? path
  return placeOf?.(name) ?? name
}

function renamed(error: GatewayError, client: ClientChat, suited: SuitedRequest): GatewayError {
  const { details, message } = error
  const { param } = details
  if (typeof param !== 'string') return error
  const name = clientPlace(param, client, suited)
  if (name === param) return error
  const told = message.startsWith(param) ? name + message.slice(param.length) : message
  return new GatewayError(error.failure, told, { ...details, param: name, cause: error })
}
