/** Requests that a target cannot take, told before it is asked: where, what is wrong, and what to do instead. */
import { GatewayError, type Remedy } from './errors.ts'
import type { JsonObject } from './json.ts'

/** Leaving `param` out would change what is asked, so that another target should be tried. */
export function unsupported(param: string, says: string, instead: string): GatewayError {
  const code = /^(?:messages|input)\b/.test(param) ? 'unsupported_content' : 'unsupported_parameter'
  return refusal(param, says, instead, code, 'fallback')
}

/** The request contradicts itself: no provider could make sense of it. */
export function inconsistent(param: string, says: string, instead: string): GatewayError {
  return refusal(param, says, instead, 'invalid_value', 'stop')
}

function refusal(param: string, says: string, instead: string, code: string, remedy: Remedy): GatewayError {
  return new GatewayError('invalid-request', `${param} ${says}. ${instead}.`, { param, code, remedy })
}

/** What somebody's object says it is, for a refusal of it. */
export function typeWords({ type }: JsonObject): string {
  return typeof type === 'string' ? `type ${type}` : 'no type'
}
