/** Sends a reply as the faults of its request want it: what is sent, when, and how it ends. */
import type { Faults, TokenFault } from './faults.ts'
import { type Piece, piecesOf } from './pieces.ts'
import type { Mishaps, Reply } from './replies.ts'
import type { Ending, Wire } from './wire.ts'

/** Sends it all. Returns when there is nothing more to do, whoever ended it. */
export async function deliver(wire: Wire, reply: Reply, faults: Faults, now: number): Promise<void> {
  await wire.pause(faults.slowHeaders ?? 0)
  if (faults.connection)
    return wire.finish(({ reset: 'reset', close: 'cut', hang: 'stall' } as const)[faults.connection])
  const whole = typeof reply.body === 'string'
  if (whole && !reply.atOnce) await wire.pause((faults.slow ?? 0) + (faults.pace ?? 0) * reply.tokens)
  wire.open(reply.status, headersOf(reply, faults, now), faults)
  const pieces = typeof reply.body === 'string' ? piecesOf(reply.body, faults.afterTokens !== undefined) : reply.body
  let waiting: Buffer[] = []
  for (const step of steps(pieces, whole, faults, reply.mishaps)) {
    if (step === 0) continue
    const data = isData(step)
    if (data) waiting.push(Buffer.from(step))
    // A body in one piece is one write, unless something happens in the middle.
    const full = !data || (!whole && !faults.burst)
    if (full && waiting.length > 0) {
      if (!(await wire.write(waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting)))) return
      waiting = []
    }
    if (typeof step === 'number') await wire.pause(step)
    else if (!data) return wire.finish(step.ending)
  }
}

function headersOf({ headers, body }: Reply, faults: Faults, now: number): Record<string, string> {
  const { 'content-type': contentType, ...others } = headers
  const endsEarly =
    faults.atByte?.act === 'end' || faults.afterTokens?.some(({ act }) => ['end', 'garble', 'corrupt'].includes(act))
  const length =
    typeof body === 'string' && !endsEarly && !faults.gzip
      ? Buffer.byteLength(body) + (faults.lines?.bom ? 3 : 0)
      : undefined
  return {
    ...others,
    ...(contentType && !faults.noContentType && { 'content-type': contentType }),
    ...(length !== undefined && { 'content-length': String(length) }),
    ...(faults.gzip && { 'content-encoding': 'gzip' }),
    ...(faults.retryAfterDate !== undefined && {
      'retry-after': new Date(now + faults.retryAfterDate * 1000).toUTCString(),
    }),
    ...faults.headers,
  }
}

/** What to send, milliseconds to wait, or how it ends. */
type Step = Piece['data'] | number | { ending: Ending }

const isData = (step: Step): step is Piece['data'] => typeof step === 'string' || step instanceof Uint8Array

/** Everything that happens with a body, in order. Always closes with an ending. */
function* steps(
  pieces: Iterable<Piece>,
  whole: boolean,
  faults: Faults,
  mishaps: Mishaps | undefined,
): Generator<Step> {
  const pending = [...(faults.afterTokens ?? [])].sort((one, other) => one.tokens - other.tokens)
  let tokens = 0
  if (faults.lines?.bom) yield '\uFEFF'
  for (const piece of pieces) {
    if (piece.kind === 'token' || piece.kind === 'finish') {
      if (!whole) yield waitBefore(piece, tokens, faults)
      while (pending[0] && pending[0].tokens <= tokens) {
        const fault = pending.shift()!
        yield* strike(fault, faults, whole ? undefined : mishaps)
        if (!passing.has(fault.act)) return
      }
      if (piece.kind === 'token') tokens++
    }
    if (piece.kind === 'finish' && faults.noFinish) continue
    if (piece.kind === 'usage' && faults.usage === 'late') yield lateness
    if (piece.kind === 'done' && faults.ending) break
    yield whole ? piece.data : dressed(piece.data, faults)
  }
  yield { ending: faults.ending === 'no-done-open' && !whole ? 'stall' : 'end' }
}

const lateness = 300

/** What strikes and lets the stream go on. */
const passing: ReadonlySet<TokenFault['act']> = new Set(['pause', 'garble', 'corrupt'])

function waitBefore({ kind }: Piece, tokens: number, { slow = 0, pace = 0 }: Faults): number {
  if (tokens === 0) return slow
  return kind === 'token' ? pace : 0
}

/** A body in one piece has no mishaps of its own: it is spoilt, or cut. */
function* strike(fault: TokenFault, faults: Faults, mishaps: Mishaps | undefined): Generator<Step> {
  if (fault.act === 'pause') {
    yield fault.for
  } else if (fault.act === 'garble' || fault.act === 'corrupt') {
    const spoilt = fault.act === 'corrupt' ? (mishaps?.corrupt ?? mishaps?.garbled) : mishaps?.garbled
    yield spoilt === undefined ? '{]garbled' : dressed(spoilt, faults)
  } else if (fault.act !== 'error' && fault.act !== 'fail') {
    yield { ending: fault.act }
  } else if (!mishaps) {
    yield { ending: 'cut' }
  } else {
    yield dressed((fault.act === 'fail' ? mishaps.failed : undefined) ?? mishaps.error, faults)
    yield { ending: 'end' }
  }
}

/** The lines of an event as a less usual server writes them. */
function dressed(event: Piece['data'], { lines }: Faults): Piece['data'] {
  if (typeof event !== 'string') return event
  const tight = lines?.tight ? event.replaceAll(/^(data|event): /gm, '$1:') : event
  const commented = lines?.comments && /^(?:data|event):/.test(tight) ? `: ping\n\n${tight}` : tight
  return lines?.crlf ? commented.replaceAll(/\r?\n/g, '\r\n') : commented
}
