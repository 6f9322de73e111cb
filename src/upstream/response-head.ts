/** The head of an HTTP/1.1 response: status line and headers, strictly. https://www.rfc-editor.org/rfc/rfc9112#section-4 */

/** Bytes that are no HTTP response, or one that could be understood in two ways. */
export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse'
}

export interface ResponseHead {
  readonly status: number
  /** False for HTTP/1.0. */
  readonly persistent: boolean
  /** Names in lower case; what came several times is joined by a comma. */
  readonly headers: Record<string, string>
}

const mostHeaders = 200

const statusLine = /^HTTP\/1\.[01] [1-9]\d\d(?: |$)/
// Line ends are looked at on their own; every other control character is refused here, all at once.
const forbidden = /[^\t\r\n\x20-\x7e\x80-\xff]/
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const lineFeed = 10

/** Headers live on their own: `constructor` or `__proto__` may be the name of one. An object made by `Object.create(null)` is three times slower. */
// biome-ignore lint/complexity/useArrowFunction: arrows construct nothing.
const HeaderRecord = function () {} as unknown as new () => Record<string, string>
HeaderRecord.prototype = Object.create(null)

/** `text` goes up to the empty line, and each of its lines ends with CR LF. */
export function parseHead(text: string): ResponseHead {
  if (forbidden.test(text)) throw new MalformedResponse('a control character in the head')
  let lineEnd = endOfLine(text, 0)
  const first = text.slice(0, lineEnd)
  if (!statusLine.test(first)) throw new MalformedResponse(`no status line: ${JSON.stringify(first.slice(0, 40))}`)
  const headers = new HeaderRecord()
  let count = 0
  for (let at = lineEnd + 2; at < text.length; at = lineEnd + 2) {
    lineEnd = endOfLine(text, at)
    if (++count > mostHeaders) throw new MalformedResponse(`more than ${mostHeaders} headers`)
    const colon = text.indexOf(':', at)
    if (colon === -1 || colon > lineEnd) throw new MalformedResponse('a header without a colon')
    const name = nameOf(text.slice(at, colon))
    const value = trimmed(text, colon + 1, lineEnd)
    const before = headers[name]
    headers[name] = before === undefined ? value : `${before}, ${value}`
  }
  return { status: Number(text.slice(9, 12)), persistent: text.charCodeAt(7) === 49, headers }
}

/** Where the CR is. The first CR and the first LF have to be one line end, so neither can stand alone in a line. */
function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\r', at)
  if (text.charCodeAt(end + 1) !== lineFeed || text.indexOf('\n', at) !== end + 1) {
    throw new MalformedResponse('a line of the head does not end with CR LF')
  }
  return end
}

/** Names repeat from reply to reply, so each is checked once; the number of those kept is bounded. */
const knownNames = new Map<string, string>()

function nameOf(written: string): string {
  const known = knownNames.get(written)
  if (known !== undefined) return known
  // Folded lines (https://www.rfc-editor.org/rfc/rfc9112#section-5.2) begin with a blank and are refused with the rest.
  if (!token.test(written)) throw new MalformedResponse(`header name ${JSON.stringify(written.slice(0, 40))}`)
  const name = written.toLowerCase()
  // Copies: a slice would hold on to the head that it was cut from.
  if (knownNames.size < 1000) knownNames.set(copied(written), copied(name))
  return name
}

function copied(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

function trimmed(text: string, start: number, end: number): string {
  let from = start
  let to = end
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9
}
