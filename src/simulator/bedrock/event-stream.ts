/**
 * Writes messages of the event stream encoding: lengths, headers, payload, and a checksum over each part.
 * https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream,
 * https://smithy.io/2.0/aws/amazon-eventstream.html
 */
import { crc32 } from 'node:zlib'

const preludeLength = 12
const checksumLength = 4
/** The type of a header whose value is text. */
const textType = 7

/** One message, as bytes. */
export function encodeMessage(headers: Record<string, string>, payload: string): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value)))
  const body = Buffer.from(payload)
  const message = Buffer.alloc(preludeLength + head.length + body.length + checksumLength)
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(head.length, 4)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  head.copy(message, preludeLength)
  body.copy(message, preludeLength + head.length)
  message.writeUInt32BE(crc32(message.subarray(0, -checksumLength)), message.length - checksumLength)
  return message
}

function encodeHeader(name: string, value: string): Buffer {
  const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)]
  const lengths = Buffer.alloc(2)
  lengths.writeUInt16BE(valueBytes.length)
  return Buffer.concat([Buffer.of(nameBytes.length), nameBytes, Buffer.of(textType), lengths, valueBytes])
}

/** The headers of an event with JSON in it. */
export const eventHeaders = (type: string) => ({
  ':event-type': type,
  ':content-type': 'application/json',
  ':message-type': 'event',
})

/** An event with JSON in it. */
export function encodeEvent(type: string, payload: object): Buffer {
  return encodeMessage(eventHeaders(type), JSON.stringify(payload))
}

/** News of an exception, such as `throttlingException`. */
export function encodeException(type: string, message: string): Buffer {
  const headers = { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' }
  return encodeMessage(headers, JSON.stringify({ message }))
}

/** The same message with a bit turned over in its last checksum. */
export function withBadChecksum(message: Buffer): Buffer {
  const spoilt = Buffer.from(message)
  spoilt.writeUInt8(spoilt.readUInt8(spoilt.length - 1) ^ 1, spoilt.length - 1)
  return spoilt
}
