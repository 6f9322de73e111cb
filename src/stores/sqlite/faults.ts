/** What the errors of SQLite and of the file system mean for a store. Codes: https://www.sqlite.org/rescode.html */
import type { FaultKind } from '../store-fault.ts'

/** By the primary result code. What is not here is a fault of ours. */
const byResultCode: Readonly<Record<number, FaultKind>> = {
  3: 'cannot-open',
  5: 'locked',
  6: 'locked',
  7: 'disk',
  8: 'read-only',
  10: 'disk',
  11: 'damaged',
  13: 'full',
  14: 'cannot-open',
  15: 'locked',
  23: 'cannot-open',
  26: 'damaged',
}

const bySystemCode: Readonly<Record<string, FaultKind>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  EROFS: 'read-only',
  EACCES: 'read-only',
  EPERM: 'read-only',
  ENOENT: 'cannot-open',
  ENOTDIR: 'cannot-open',
  EISDIR: 'cannot-open',
  EEXIST: 'cannot-open',
  ELOOP: 'cannot-open',
  ENAMETOOLONG: 'cannot-open',
  EMFILE: 'cannot-open',
  ENFILE: 'cannot-open',
  EIO: 'disk',
}

interface CodedError extends Error {
  readonly code?: string
  /** Of SQLite: the extended result code, whose lowest byte is the primary one. */
  readonly errcode?: number
}

/** Undefined: no fault of the store. */
export function faultOf(error: unknown): FaultKind | undefined {
  const { code, errcode } = error as CodedError
  if (errcode !== undefined) return byResultCode[errcode & 0xff]
  return code === undefined ? undefined : bySystemCode[code]
}

/** After these the file is opened anew: what is wrong with it may have been put right meanwhile. */
export function needsOpening(kind: FaultKind): boolean {
  return kind !== 'full' && kind !== 'locked'
}
