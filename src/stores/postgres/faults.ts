/** What the errors of PostgreSQL and of its connections mean for a store. Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
import type { FaultKind } from '../store-fault.ts'

/** By the SQLSTATE or what it begins with. What is not here is a fault of ours. */
const bySqlState: readonly (readonly [string, FaultKind])[] = [
  ['08', 'silent'],
  ['25006', 'read-only'],
  ['25P0', 'silent'],
  ['28', 'refused'],
  ['3D000', 'refused'],
  // Tables that were there are gone: it is another database, or was emptied.
  ['42P01', 'cannot-open'],
  ['42501', 'refused'],
  ['53100', 'full'],
  ['53300', 'overloaded'],
  ['53', 'disk'],
  ['55P03', 'locked'],
  ['57', 'silent'],
  ['58', 'disk'],
  ['XX', 'damaged'],
]

interface CodedError extends Error {
  readonly code?: string
  /** Errors that the server sent have one. */
  readonly severity?: string
}

/** Undefined: no fault of the store. */
export function faultOf(error: unknown): FaultKind | undefined {
  const { code, severity } = error as CodedError
  if (severity !== undefined && code !== undefined) return bySqlState.find(([prefix]) => code.startsWith(prefix))?.[1]
  // The connection failed, in one of many ways, of which some bring a code and others a sentence.
  return isOurs(error) ? undefined : 'silent'
}

/** The statement met another one that was faster, and does well a second time. */
export function mayBeRepeated(error: unknown): boolean {
  const { code, severity } = error as CodedError
  return severity !== undefined && (code === '40001' || code === '40P01')
}

function isOurs(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
}
