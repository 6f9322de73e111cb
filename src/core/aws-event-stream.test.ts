/** Messages written by AWS's own codec are read here, however they are cut; damaged ones are refused. */
import { EventStreamCodec } from '@smithy/eventstream-codec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awsEventStream, exceptionIn } from './aws-event-stream.ts'
import { GatewayError } from './errors.ts'
import type { Frame } from './sse.ts'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
)

type MessageHeaders = Parameters<typeof codec.encode>[0]['headers']

function message(headers: MessageHeaders, payload: string): Buffer {
  return Buffer.from(codec.encode({ headers, body: Buffer.from(payload) }))
}

function text(value: string) {
  return { type: 'string' as const, value }
}

function event(type: string, payload: string): Buffer {
  return message({ ':event-type': text(type), ':message-type': text('event') }, payload)
}

function read(...pieces: Buffer[]): Frame[] {
  const reader = awsEventStream.reader()
  const frames = pieces.flatMap((piece) => reader.push(piece.toString('latin1')))
  return [...frames, ...reader.end()]
}

function refusal(bytes: Buffer): GatewayError | undefined {
  try {
    read(bytes)
    return undefined
  } catch (error) {
    return error as GatewayError
  }
}

describe('messages', () => {
  it('an event is its type and its payload', () => {
    expect(read(event('contentBlockDelta', '{"delta":{"text":"Zoë 👩‍👩‍👧"}}'))).toEqual([
      { event: 'contentBlockDelta', data: '{"delta":{"text":"Zoë 👩‍👩‍👧"}}' },
    ])
  })

  it('headers of every type are passed over', () => {
    const headers: MessageHeaders = {
      yes: { type: 'boolean', value: true },
      no: { type: 'boolean', value: false },
      byte: { type: 'byte', value: 1 },
      short: { type: 'short', value: 2 },
      integer: { type: 'integer', value: 3 },
      binary: { type: 'binary', value: Uint8Array.of(1, 2, 3) },
      timestamp: { type: 'timestamp', value: new Date(0) },
      uuid: { type: 'uuid', value: '01234567-89ab-cdef-0123-456789abcdef' },
      ':event-type': text('messageStop'),
    }
    expect(read(message(headers, '{}'))).toEqual([{ event: 'messageStop', data: '{}' }])
  })

  it('a message without headers and payload is a frame that says nothing', () => {
    expect(read(message({}, ''))).toEqual([{ event: undefined, data: '' }])
  })

  it('an exception is told apart from an event', () => {
    const headers = { ':exception-type': text('throttlingException'), ':message-type': text('exception') }
    const [frame] = read(message(headers, '{"message":"Too many."}'))
    expect(exceptionIn(frame!)).toEqual({ type: 'throttlingException', data: '{"message":"Too many."}' })
    expect(exceptionIn(read(event('throttlingException', '{}'))[0]!)).toBeUndefined()
  })

  it('an error without a model tells its message in a header', () => {
    const headers = {
      ':error-code': text('InternalFailure'),
      ':error-message': text('It "broke".'),
      ':message-type': text('error'),
    }
    const [frame] = read(message(headers, ''))
    expect(exceptionIn(frame!)).toEqual({ type: 'InternalFailure', data: '{"message":"It \\"broke\\"."}' })
  })
})

const anyText = fc.string({ unit: 'binary', maxLength: 200 }).map((value) => value.toWellFormed())

describe('pieces', () => {
  it('any messages in any pieces are the same frames', () => {
    const messages = fc.array(fc.tuple(anyText, anyText), { maxLength: 6 })
    const cuts = fc.array(fc.nat(3000), { maxLength: 20 })
    fc.assert(
      fc.property(messages, cuts, (all, places) => {
        const bytes = Buffer.concat(all.map(([type, payload]) => event(type, payload)))
        const sorted = [0, ...places.filter((place) => place < bytes.length).sort((a, b) => a - b), bytes.length]
        const pieces = sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end))
        expect(read(...pieces)).toEqual(all.map(([type, data]) => ({ event: type, data })))
      }),
    )
  })

  it('a frame comes with the last byte of its message, not later', () => {
    const bytes = event('messageStart', '{"role":"assistant"}')
    const reader = awsEventStream.reader()
    expect(reader.push(bytes.subarray(0, -1).toString('latin1'))).toEqual([])
    expect(reader.push(bytes.subarray(-1).toString('latin1'))).toHaveLength(1)
  })

  it('what is cut off at the end is no frame', () => {
    const bytes = Buffer.concat([event('a', '1'), event('b', '2')])
    expect(read(bytes.subarray(0, -1))).toEqual([{ event: 'a', data: '1' }])
  })
})

describe('damage', () => {
  it('no bit can be turned over without being noticed', () => {
    const bytes = event('contentBlockDelta', '{"delta":{"text":"Hello"}}')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      expect(refusal(damaged)).toMatchObject({ failure: 'upstream-unreadable', status: 500 })
    }
  })

  it('what came before the damage has its value, and the damage is told behind it', () => {
    const good = event('messageStart', '{}')
    const damaged = event('messageStop', '{}')
    damaged[damaged.length - 1]! ^= 1
    const bytes = Buffer.concat([good, damaged]).toString('latin1')
    const reader = awsEventStream.reader()
    expect(reader.push(bytes)).toEqual([{ event: 'messageStart', data: '{}' }])
    expect(() => reader.end()).toThrow('its checksum is wrong')
    expect(() => reader.push('')).toThrow('its checksum is wrong')
  })

  it('text that is no event stream is refused with its first bytes', () => {
    expect(refusal(Buffer.from('<html>Bad gateway</html>'))).toBeInstanceOf(GatewayError)
  })

  const wrong: [name: string, total: number, headers: number][] = [
    ['longer than any message', 25 * 1024 * 1024, 0],
    ['longer headers than any', 1024 * 1024, 200 * 1024],
    ['headers beyond the message', 40, 30],
    ['shorter than its own frame', 12, 0],
  ]
  it.each(wrong)('lengths with a right checksum: %s', async (_, total, headers) => {
    const { crc32 } = await import('node:zlib')
    const prelude = Buffer.alloc(12)
    prelude.writeUInt32BE(total, 0)
    prelude.writeUInt32BE(headers, 4)
    prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
    expect(refusal(prelude)?.failure).toBe('upstream-unreadable')
  })

  const badHeaders: [name: string, bytes: number[]][] = [
    ['a name beyond the headers', [200, 97]],
    ['a value beyond the headers', [1, 97, 7, 0, 9, 98]],
    ['a type nobody knows', [1, 97, 10, 0]],
  ]
  it.each(badHeaders)('headers with a right checksum: %s', async (_, headers) => {
    const { crc32 } = await import('node:zlib')
    const bytes = Buffer.alloc(16 + headers.length)
    bytes.writeUInt32BE(bytes.length, 0)
    bytes.writeUInt32BE(headers.length, 4)
    bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
    Buffer.from(headers).copy(bytes, 12)
    bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4)
    expect(refusal(bytes)?.failure).toBe('upstream-unreadable')
  })
})
