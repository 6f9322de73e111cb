/**
 * The event stream encoding of AWS: binary messages of headers and a payload, with a checksum over each part.
 * https://smithy.io/2.0/aws/amazon-eventstream.html, https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html
 */
// AWS's own codec takes whole messages as bytes. Here they come in pieces, as byte strings; its tests are where it is needed.
import { textOfBytes } from './bytes.ts'
import type { Framing } from './dialect.ts'
import { GatewayError } from './errors.ts'
import type { Frame } from './sse.ts'

/** Total length, length of the headers, checksum of both: four bytes each. */
const preludeLength = 12
const checksumLength = 4
/** AWS's own libraries take no longer messages. */
const longestMessage = 24 * 1024 * 1024
const longestHeaders = 128 * 1024

/** What the event of a frame begins with when the message was no event but news of a failure; no event of AWS has a colon in its name. */
const exceptionMark = 'exception:'

/** A failure that was told in place of an event. */
export interface AwsException {
  /** Such as `throttlingException`. */
  readonly type: string
  /** The payload: JSON with a `message`, as a rule. */
  readonly data: string
}

/** The failure a frame tells; undefined for an event. */
export function exceptionIn({ event, data }: Frame): AwsException | undefined {
  return event?.startsWith(exceptionMark) ? { type: event.slice(exceptionMark.length), data } : undefined
}

/** Each message becomes a frame: the type of the event and the payload as text. Exceptions are read with `exceptionIn`. */
export const awsEventStream: Framing = {
  mediaType: 'application/vnd.amazon.eventstream',
  reader() {
    // What came and is no whole message yet. It is not looked into before there is enough of it: looking makes one flat text of all pieces.
    let held = ''
    let enough = preludeLength
    return {
      push(bytes) {
        held += bytes
        const frames: Frame[] = []
        let position = 0
        try {
          while (held.length - position >= enough) {
            const total = readPrelude(held, position)
            enough = total
            if (held.length - position < total) break
            frames.push(readMessage(held, position, total))
            position += total
            enough = preludeLength
          }
        } catch (error) {
          // The bad message is found again, and told of, when what came before it has been taken.
          if (frames.length === 0) throw error
        }
        if (position > 0) held = held.slice(position)
        return frames
      },
      end() {
        if (held.length >= enough) readMessage(held, 0, readPrelude(held, 0))
        // A message that was cut says nothing; whether the answer lacks it, its decoder knows.
        return []
      },
    }
  },
}

/** The length of the message that begins at `at`. */
function readPrelude(bytes: string, at: number): number {
  if (crc32(bytes, at, at + 8) !== uint32(bytes, at + 8)) throw unreadable('the checksum of its lengths is wrong')
  const total = uint32(bytes, at)
  const headers = uint32(bytes, at + 4)
  if (total > longestMessage || headers > longestHeaders) throw unreadable('it is longer than any can be')
  if (total < preludeLength + headers + checksumLength) throw unreadable('its lengths contradict each other')
  return total
}

function readMessage(bytes: string, at: number, total: number): Frame {
  const checked = at + total - checksumLength
  if (crc32(bytes, at, checked) !== uint32(bytes, checked)) throw unreadable('its checksum is wrong')
  const payloadAt = at + preludeLength + uint32(bytes, at + 4)
  const headers = readHeaders(bytes, at + preludeLength, payloadAt)
  const data = textOfBytes(bytes.slice(payloadAt, checked))
  switch (headers[':message-type']) {
    case 'exception':
      return { event: exceptionMark + (headers[':exception-type'] ?? ''), data }
    case 'error':
      return { event: exceptionMark + (headers[':error-code'] ?? ''), data: errorData(headers, data) }
    default:
      return { event: headers[':event-type'], data }
  }
}

/** An error that is in no model of the service tells its message in a header. */
function errorData(headers: Headers, data: string): string {
  const message = headers[':error-message']
  return message === undefined ? data : JSON.stringify({ message })
}

type Headers = Record<string, string>

/** Lengths of the values of each type of header; those that are not here begin with their length, in two bytes. */
const fixedLengths: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 }
const lastType = 9
const textType = 7

/** The headers whose values are text: no others say anything about an event. */
function readHeaders(bytes: string, begin: number, end: number): Headers {
  const headers: Headers = {}
  let at = begin
  while (at < end) {
    const nameEnd = at + 1 + bytes.charCodeAt(at)
    const type = bytes.charCodeAt(nameEnd)
    const fixed = fixedLengths[type]
    const valueAt = nameEnd + (fixed === undefined ? 3 : 1)
    const valueEnd = valueAt + (fixed ?? bytes.charCodeAt(nameEnd + 1) * 256 + bytes.charCodeAt(nameEnd + 2))
    // Beyond the end there is no number, which is less than nothing else.
    if (!(type <= lastType && valueEnd <= end)) throw unreadable('its headers cannot be read')
    if (type === textType) headers[bytes.slice(at + 1, nameEnd)] = textOfBytes(bytes.slice(valueAt, valueEnd))
    at = valueEnd
  }
  return headers
}

function uint32(bytes: string, at: number): number {
  const high = (bytes.charCodeAt(at) << 8) | bytes.charCodeAt(at + 1)
  return high * 65_536 + ((bytes.charCodeAt(at + 2) << 8) | bytes.charCodeAt(at + 3))
}

/** The checksum of one byte after another (https://www.rfc-editor.org/rfc/rfc1952#section-8), for each value of a byte. */
const remainders = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
  return remainder
})

function crc32(bytes: string, begin: number, end: number): number {
  let remainder = -1
  for (let at = begin; at < end; at++) {
    remainder = remainders[(remainder ^ bytes.charCodeAt(at)) & 255]! ^ (remainder >>> 8)
  }
  return ~remainder >>> 0
}

function unreadable(cause: string): GatewayError {
  return new GatewayError('upstream-unreadable', `The provider sent a message that cannot be read: ${cause}.`, {
    code: 'invalid_response',
  })
}
