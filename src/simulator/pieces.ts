/** A reply cut into the pieces it is sent in. Faults count tokens and know what kind a piece is. */
import { tokensOf } from './tokens.ts'

export interface Piece {
  kind: 'role' | 'token' | 'other' | 'finish' | 'usage' | 'done'
  /** Text, or the bytes of a binary stream. */
  data: string | Uint8Array
}

/** A body that is not streamed: one piece, or the tokens of its text where it must be able to break after the n-th. */
export function* piecesOf(body: string, breakable: boolean): Generator<Piece> {
  if (!breakable) yield { kind: 'other', data: body }
  else for (const data of tokensOf(body)) yield { kind: 'token', data }
}
