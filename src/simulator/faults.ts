/** The words that make the simulator misbehave: what each means, as data that the documentation is checked against. */
import type { IncomingHttpHeaders } from 'node:http'
import { badRequest, type NamedError } from './errors.ts'
import { nearest } from './near.ts'

/** What happens once a number of tokens has been sent. */
export type TokenFault =
  | { tokens: number; act: 'stall' | 'cut' | 'reset' | 'end' | 'garble' | 'corrupt' | 'error' | 'fail' }
  | { tokens: number; act: 'pause'; for: number }

/** Everything that shall go wrong with one reply. What is not there goes right. */
export interface Faults {
  lenient?: boolean
  /** The model to answer as. */
  like?: string
  connection?: 'reset' | 'close' | 'hang'
  slowHeaders?: number
  slow?: number
  pace?: number
  status?: number
  error?: NamedError
  headers?: Record<string, string>
  /** Seconds from now, told as a date. */
  retryAfterDate?: number
  body?: 'empty' | 'text' | 'html' | 'error'
  redirect?: boolean
  unary?: boolean
  afterTokens?: TokenFault[]
  /** The status of what `error-after` tells. */
  toldStatus?: number
  atByte?: { byte: number; act: 'stall' | 'cut' | 'end' }
  ending?: 'no-done' | 'no-done-open'
  noFinish?: boolean
  usage?: 'none' | 'late' | 'with-finish' | 'with-every'
  padding?: number
  /** A stream ends with `[DONE]` though its wire has none. */
  strayDone?: boolean
  lines?: { crlf?: boolean; comments?: boolean; bom?: boolean; tight?: boolean }
  /** Bytes in one write. */
  split?: number
  burst?: boolean
  gzip?: boolean
  noContentType?: boolean
}

export interface FaultWord {
  /** The word, with `<what>` where a number or a text stands. */
  form: string
  does: string
  set: (...numbers: number[]) => Faults
  /** In place of `set`, where a text stands in the word. */
  setText?: (text: string) => Faults
  /** The range that the numbers must be in. */
  from: number
  to: number
}

function word(form: string, does: string, set: FaultWord['set'], [from, to] = [0, 100_000_000]): FaultWord {
  return { form, does, set, from, to }
}

function textWord(form: string, does: string, setText: (text: string) => Faults): FaultWord {
  return { form, does, set: () => ({}), setText, from: 0, to: 0 }
}

const time: [number, number] = [0, 600_000]
const after = (fault: TokenFault): Faults => ({ afterTokens: [fault] })

export const faultWords: readonly FaultWord[] = [
  word('lenient', 'Accepts unknown fields, at any depth.', () => ({ lenient: true })),
  textWord('tag-<text>', 'Does nothing. Makes a name of its own, so that counted faults begin anew.', () => ({})),
  textWord(
    'like-<text>',
    'Answers as the model of that name in the list above, whatever stands before the `+`: `claude-opus-5-5+like-tools`.',
    (like) => ({ like }),
  ),

  word(
    'status-<code>',
    'Answers with this status and the error that goes with it.',
    (status) => ({ status }),
    [400, 599],
  ),
  word('quota', '429 with code `insufficient_quota`: the key is used up.', () => ({ error: 'quota' })),
  word('context-length', '400 with code `context_length_exceeded`.', () => ({ error: 'context-length' })),
  word('prompt-filtered', "400 with code `content_filter`: Azure's refusal of a prompt.", () => ({
    error: 'prompt-filtered',
  })),
  word('retry-after-<seconds>', 'Adds the header `Retry-After`.', (seconds) => ({
    headers: { 'retry-after': `${seconds}` },
  })),
  word('retry-after-ms-<ms>', 'Adds the header `retry-after-ms`.', (ms) => ({
    headers: { 'retry-after-ms': `${ms}` },
  })),
  word('retry-after-date-<seconds>', 'Adds `Retry-After` as a date so far away.', (retryAfterDate) => ({
    retryAfterDate,
  })),
  word(
    'html-<code>',
    'Answers with this status and an HTML page, as a proxy on the way would.',
    (status) => ({ status, body: 'html' }),
    [200, 599],
  ),
  word('redirect', 'Answers 302 to an address that does not exist.', () => ({ redirect: true })),
  word('error-200', 'Sends an error body under status 200.', () => ({ body: 'error' })),
  word('empty-body', 'Sends no body; status 200 unless another is given.', () => ({ body: 'empty' })),
  word('not-json', 'Sends plain words labelled as JSON; status 200 unless another is given.', () => ({ body: 'text' })),
  word('unary', 'Answers with one JSON body though a stream was asked for.', () => ({ unary: true })),

  word('reset', 'Resets the connection before any header.', () => ({ connection: 'reset' })),
  word('close', 'Closes the connection before any header.', () => ({ connection: 'close' })),
  word('hang', 'Never answers, and keeps the connection open.', () => ({ connection: 'hang' })),
  word('slow-headers-<ms>', 'Waits before the headers.', (slowHeaders) => ({ slowHeaders }), time),
  word('slow-<ms>', 'Waits before the first token; when not streaming, before the reply.', (slow) => ({ slow }), time),
  word('pace-<ms>', 'Waits between tokens; when not streaming, as long before the reply.', (pace) => ({ pace }), time),

  word('stall-after-<tokens>', 'Sends nothing more after so many tokens, and keeps the connection open.', (tokens) =>
    after({ tokens, act: 'stall' }),
  ),
  word('cut-after-<tokens>', 'Closes the connection after so many tokens, in the middle of the body.', (tokens) =>
    after({ tokens, act: 'cut' }),
  ),
  word('reset-after-<tokens>', 'Resets the connection after so many tokens.', (tokens) =>
    after({ tokens, act: 'reset' }),
  ),
  word('end-after-<tokens>', 'Ends the body as if it were complete: no finish reason, no `[DONE]`.', (tokens) =>
    after({ tokens, act: 'end' }),
  ),
  word('garbled-after-<tokens>', 'Puts broken JSON in between and goes on.', (tokens) =>
    after({ tokens, act: 'garble' }),
  ),
  word(
    'bad-checksum-after-<tokens>',
    'Puts a message with a wrong checksum in between and goes on; on wires without checksums, broken JSON.',
    (tokens) => after({ tokens, act: 'corrupt' }),
  ),
  word('error-after-<tokens>', 'Sends an event with an error and ends; when not streaming, cuts.', (tokens) =>
    after({ tokens, act: 'error' }),
  ),
  word(
    'failed-after-<tokens>',
    'Ends as failed: `response.failed`; on wires without such an event it is `error-after`.',
    (tokens) => after({ tokens, act: 'fail' }),
  ),
  word(
    'error-status-<code>',
    'What `error-after` tells of has this status, on wires that tell one: those of Gemini and Bedrock. On that of responses, 429 has a code of its own.',
    (toldStatus) => ({ toldStatus }),
    [400, 599],
  ),
  word(
    'pause-after-<tokens>-<ms>',
    'Pauses after so many tokens, then goes on.',
    (tokens, ms) => after({ tokens, act: 'pause', for: ms }),
    time,
  ),
  word('stall-at-<byte>', 'Sends so many bytes of the body and nothing more.', (byte) => ({
    atByte: { byte, act: 'stall' },
  })),
  word('cut-at-<byte>', 'Sends so many bytes of the body and closes the connection.', (byte) => ({
    atByte: { byte, act: 'cut' },
  })),
  word('end-at-<byte>', 'Sends so many bytes of the body and ends it as if complete.', (byte) => ({
    atByte: { byte, act: 'end' },
  })),

  word('no-done', 'Streams without `[DONE]`.', () => ({ ending: 'no-done' })),
  word('no-done-open', 'Streams without `[DONE]`, and the connection stays open.', () => ({ ending: 'no-done-open' })),
  word('stray-done', 'Streams with `[DONE]` at the end on wires that have none: that of responses.', () => ({
    strayDone: true,
  })),
  word('no-finish', 'Streams without a finish reason, but with `[DONE]`.', () => ({ noFinish: true })),
  word('no-usage', 'Sends no usage.', () => ({ usage: 'none' })),
  word('late-usage', 'Sends the usage event 300 ms after the finish reason.', () => ({ usage: 'late' })),
  word('usage-with-finish', 'Sends the usage with the finish reason, in no event of its own.', () => ({
    usage: 'with-finish',
  })),
  word('usage-with-every', 'Sends the usage in every event.', () => ({ usage: 'with-every' })),

  word('crlf', 'Ends the lines of a stream with CR LF.', () => ({ lines: { crlf: true } })),
  word('comments', 'Sends a comment, `: ping`, before every event.', () => ({ lines: { comments: true } })),
  word('tight', 'Leaves out the blank after `data:`.', () => ({ lines: { tight: true } })),
  word('bom', 'Begins the body with a byte order mark.', () => ({ lines: { bom: true } })),
  word(
    'huge-event-<bytes>',
    "Pads the first token's event with so many letters, in `obfuscation`; at most 8388608.",
    (padding) => ({ padding }),
    [0, 8 * 1024 * 1024],
  ),
  word('trickle', 'Sends one byte at a time.', () => ({ split: 1 })),
  word('split-<bytes>', 'Sends so many bytes at a time.', (split) => ({ split }), [1, 100_000_000]),
  word('burst', 'Sends everything in one write.', () => ({ burst: true })),
  word('gzip', 'Sends the body compressed, though nobody asked for it.', () => ({ gzip: true })),
  word('no-content-type', 'Sends no `Content-Type` header.', () => ({ noContentType: true })),
]

/** What may follow a word, to make it pass. */
export const countForms = [
  { form: '<word>-once', does: 'The first request only; the next ones go well.' },
  { form: '<word>-times-<n>', does: 'The first n requests only.' },
]

/** One word of a request, read. */
export interface FaultCall {
  word: string
  faults: Faults
  /** For how many requests it holds. */
  times: number
}

/** Reads words joined by `+`, a comma or blanks. Refuses what is no word, and names the nearest. */
export function parseFaults(text: string, place: string): FaultCall[] {
  return text
    .split(/[+,\s]+/)
    .filter((part) => part !== '')
    .map((part) => parseWord(part) ?? unknownWord(part, place))
}

function parseWord(text: string): FaultCall | undefined {
  const always = faultsOf(text)
  if (always) return { word: text, faults: always, times: Number.POSITIVE_INFINITY }
  const counted = /^(.+)-(?:once|times-(\d{1,9}))$/.exec(text)
  const faults = counted && faultsOf(counted[1]!)
  return faults ? { word: text, faults, times: Number(counted[2] ?? 1) } : undefined
}

const patterns = faultWords.map((word) => ({
  ...word,
  pattern: new RegExp(`^${word.form.replace('-<text>', '-([\\w.:-]+)').replaceAll(/<\w+>/g, '(\\d{1,9})')}$`),
}))

function faultsOf(text: string): Faults | undefined {
  for (const { pattern, set, setText, from, to } of patterns) {
    const found = pattern.exec(text)?.slice(1)
    if (setText && found) return setText(found[0]!)
    const numbers = found?.map(Number)
    if (numbers?.every((number) => number >= from && number <= to)) return set(...numbers)
  }
  return undefined
}

function unknownWord(part: string, place: string): never {
  const shape = (form: string) => form.replaceAll(/<\w+>|\d+/g, '0')
  const forms = new Map(faultWords.map(({ form }) => [shape(form), form]))
  const near = nearest(shape(part), [...forms.keys()]).map((key) => forms.get(key))
  throw badRequest(
    `Unknown fault '${part.slice(0, 100)}'. The nearest are: ${near.join(', ')}.`,
    place,
    'unknown_fault',
  )
}

/** A key that misbehaves: `sk-sim-401`, `sk-sim-status-500-once`. Any other `sk-sim-…` is a key like all others. */
function faultsOfKey(key: string): FaultCall[] {
  const words = /^sk-sim-(.+)$/.exec(key)?.[1]
  if (words === undefined) return []
  try {
    return parseFaults(/^\d{3}(?!\d)/.test(words) ? `status-${words}` : words, 'authorization')
  } catch {
    return []
  }
}

/** What a request's header and its key ask for, and what counted words are counted apart by. */
export function faultsAsked(headers: IncomingHttpHeaders, key: string): { calls: FaultCall[]; scope: string } {
  const header = String(headers['x-simulator-fault'] ?? '')
  return { calls: [...parseFaults(header, 'x-simulator-fault'), ...faultsOfKey(key)], scope: `${key}\n${header}` }
}

/** The model to answer as: the one that is named, or the one a `like-` says. */
export function modelMeant(named: string, calls: readonly FaultCall[]): string {
  return calls.findLast(({ faults }) => faults.like !== undefined)?.faults.like ?? named
}

/** How often counted words were met. The oldest counts are forgotten. */
export class FaultCounts {
  private readonly met = new Map<string, number>()
  private readonly most = 10_000

  /** The faults that hold now, as one; later words win. `scope` is what the counts are kept apart by. */
  take(calls: FaultCall[], scope: string): Faults {
    return calls.filter((call) => this.holds(call, scope)).reduce<Faults>((all, { faults }) => merge(all, faults), {})
  }

  private holds({ word, times }: FaultCall, scope: string): boolean {
    if (times === Number.POSITIVE_INFINITY) return true
    const key = `${scope}\n${word}`
    const count = this.met.get(key) ?? 0
    this.met.delete(key)
    this.met.set(key, Math.min(count + 1, times + 1))
    for (const oldest of this.met.keys()) {
      if (this.met.size <= this.most) break
      this.met.delete(oldest)
    }
    return count < times
  }
}

function merge(one: Faults, other: Faults): Faults {
  const afterTokens = [...(one.afterTokens ?? []), ...(other.afterTokens ?? [])]
  return {
    ...one,
    ...other,
    ...(afterTokens.length > 0 && { afterTokens }),
    headers: { ...one.headers, ...other.headers },
    lines: { ...one.lines, ...other.lines },
  }
}
