import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MalformedResponse } from './response-head.ts'
import { ResponseReader } from './response-reader.ts'

interface Seen {
  status: number
  headers: Record<string, string>
  body: string
  ends: number
}

/** Gives the pieces to a reader, each in the same buffer, as a socket does. */
function read(pieces: readonly string[]): { seen: Seen; reader: ResponseReader } {
  const seen: Seen = { status: 0, headers: {}, body: '', ends: 0 }
  const reader = new ResponseReader()
  reader.begin({
    head(status, headers) {
      seen.status = status
      seen.headers = { ...headers }
    },
    body(bytes, start, end) {
      expect(end).toBeGreaterThan(start)
      seen.body += bytes.toString('latin1', start, end)
    },
    end() {
      seen.ends++
    },
  })
  const shared = Buffer.alloc(256 * 1024)
  for (const piece of pieces) {
    const length = shared.write(piece, 0, 'latin1')
    reader.push(shared.subarray(0, length))
    shared.fill('#')
  }
  return { seen, reader }
}

function cut(text: string, points: readonly number[]): string[] {
  const places = [...new Set(points.map((point) => point % (text.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((place, index) => text.slice(place, places[index])).filter((piece) => piece !== '')
}

interface Case {
  response: string
  status?: number
  headers?: Record<string, string>
  body: string
  reusable?: boolean
  /** The end of the connection is the end of the body. */
  open?: boolean
  keepAlive?: number
}

const good: Record<string, Case> = {
  'with a length': { response: 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello', body: 'hello' },
  'with no content': { response: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', body: '' },
  'without a reason': { response: 'HTTP/1.1 404\r\ncontent-length: 2\r\n\r\nno', status: 404, body: 'no' },
  'with an empty reason': { response: 'HTTP/1.1 529 \r\ncontent-length: 2\r\n\r\nno', status: 529, body: 'no' },
  'with bytes beyond ASCII': {
    response: 'HTTP/1.1 200 \xe9t\xe9\r\nx-name: \xfcber\r\ncontent-length: 2\r\n\r\n\xc3\xa9',
    headers: { 'x-name': '\xfcber', 'content-length': '2' },
    body: '\xc3\xa9',
  },
  'with headers of all kinds': {
    response:
      'HTTP/1.1 200 OK\r\nX-Request-ID:abc\r\nx-empty:\r\nx-blank: \t \r\nX-Padded: \t a b \t\r\nSet-Cookie: a=1\r\nset-cookie: b=2; c\r\nconstructor: x\r\n__proto__: y\r\nx-colon: a:b\r\ncontent-length: 1\r\n\r\n.',
    headers: JSON.parse(
      '{"x-request-id":"abc","x-empty":"","x-blank":"","x-padded":"a b","set-cookie":"a=1, b=2; c","constructor":"x","__proto__":"y","x-colon":"a:b","content-length":"1"}',
    ),
    body: '.',
  },
  'with the same length twice': {
    response: 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 3\r\n\r\nabc',
    body: 'abc',
  },
  'in chunks': {
    response:
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n00A\r\n0123456789\r\n1\r\n\r\r\n0\r\n\r\n',
    body: 'hello0123456789\r',
  },
  'in chunks with extensions and a trailer': {
    response:
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;a=b;c="d e"\r\n\r\n\r\r\n2  \r\nab\r\n0 ; last\r\nx-sum: 12\r\nx-more: y\r\n\r\n',
    body: '\r\n\rab',
  },
  'in chunks, and nothing in them': {
    response: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    body: '',
  },
  'after others that announce it': {
    response:
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    headers: { 'content-length': '2' },
    body: 'ok',
  },
  '204, which has no body whatever it says': {
    response: 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n',
    status: 204,
    body: '',
  },
  '304, which has no body whatever it says': {
    response: 'HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n',
    status: 304,
    body: '',
  },
  'that is the last of its connection': {
    response: 'HTTP/1.1 200 OK\r\nConnection: foo, Close\r\ncontent-length: 1\r\n\r\n.',
    body: '.',
    reusable: false,
  },
  'of HTTP/1.0': {
    response: 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n.',
    body: '.',
    reusable: false,
  },
  'that ends with its connection': {
    response: 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nuntil the end\r\n\r\n0\r\n\r\n',
    body: 'until the end\r\n\r\n0\r\n\r\n',
    reusable: false,
    open: true,
  },
  'of HTTP/1.0 that ends with its connection': {
    response: 'HTTP/1.0 200 OK\r\n\r\nabc',
    body: 'abc',
    reusable: false,
    open: true,
  },
  'with a time to live': {
    response: 'HTTP/1.1 200 OK\r\nkeep-alive: max=100, timeout=75\r\ncontent-length: 1\r\n\r\n.',
    body: '.',
    keepAlive: 75,
  },
}

describe('a response', () => {
  for (const [
    name,
    { response, status = 200, headers, body, reusable = true, open = false, keepAlive },
  ] of Object.entries(good)) {
    it(`${name} is read the same however it is cut`, () => {
      const check = (pieces: string[]) => {
        const { seen, reader } = read(pieces)
        expect(seen.ends).toBe(open ? 0 : 1)
        if (open) expect(reader.close()).toBe(true)
        expect({ ...seen, headers: undefined }).toEqual({ status, headers: undefined, body, ends: 1 })
        if (headers !== undefined) expect(Object.entries(seen.headers)).toEqual(Object.entries(headers))
        expect({ reusable: reader.reusable, keepAlive: reader.keepAlive }).toEqual({ reusable, keepAlive })
      }
      check([response])
      check([...response])
      fc.assert(
        fc.property(fc.array(fc.nat(response.length), { maxLength: 12 }), (points) => check(cut(response, points))),
      )
    })

    it(`${name} is not complete before its last byte`, () => {
      for (let length = 0; length < response.length; length++) {
        if (open && length >= response.indexOf('\r\n\r\n') + 4) continue
        const { seen, reader } = read(length === 0 ? [] : [response.slice(0, length)])
        expect([length, seen.ends, reader.done, reader.close()]).toEqual([length, 0, false, false])
      }
    })

    if (!open) {
      it(`${name} is not followed by anything on a connection that is used again`, () => {
        const { seen, reader } = read([`${response}H`])
        expect([seen.ends, seen.body, reader.reusable]).toEqual([1, body, false])
      })
    }
  }

  it('is followed by the next on the same connection', () => {
    const { reader } = read(['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\na\r\n0\r\n\r\n'])
    const bodies: string[] = []
    const sink = {
      head: () => {},
      body: (bytes: Buffer, start: number, end: number) => bodies.push(bytes.toString('latin1', start, end)),
      end: () => bodies.push('end'),
    }
    for (const text of ['b', 'c']) {
      reader.begin(sink)
      expect(reader.begun).toBe(false)
      reader.push(Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n${text}`))
      expect([reader.begun, reader.done, reader.reusable]).toEqual([true, true, true])
    }
    expect(bodies).toEqual(['b', 'end', 'c', 'end'])
  })
})

const ok = 'HTTP/1.1 200 OK\r\n'
const chunked = `${ok}transfer-encoding: chunked\r\n\r\n`

const malformed: Record<string, string> = {
  'another protocol': 'SSH-2.0-OpenSSH_9.6\r\n',
  'HTTP/2': '\x00\x00\x12\x04\x00\x00\x00\x00\x00',
  'a version that does not exist': 'HTTP/1.2 200 OK\r\n\r\n',
  'a lower-case version': 'http/1.1 200 OK\r\n\r\n',
  'a status of two digits': 'HTTP/1.1 20 OK\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\n\r\n',
  'a status below 100': 'HTTP/1.1 099 OK\r\n\r\n',
  'two blanks before the status': 'HTTP/1.1  200 OK\r\n\r\n',
  'an empty line first': `\r\n${ok}content-length: 0\r\n\r\n`,
  'an upgrade': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n',
  'line feeds alone': 'HTTP/1.1 200 OK\ncontent-length: 0\n\n',
  'one line feed alone': `${ok}a: b\nc: d\r\n\r\n`,
  'a carriage return alone': `${ok}a: b\rc: d\r\n\r\n`,
  'a carriage return before the line end': `${ok}a: b\r\r\n\r\n`,
  'a NUL': `${ok}a: b\0c\r\n\r\n`,
  'a control character': `${ok}a: b\x1bc\r\n\r\n`,
  'a folded line': `${ok}a: b\r\n c\r\n\r\n`,
  'a folded line with a colon': `${ok}a: b\r\n c: d\r\n\r\n`,
  'a blank before the colon': `${ok}content-length : 0\r\n\r\n`,
  'a header without a name': `${ok}: b\r\n\r\n`,
  'a header without a colon': `${ok}abc\r\n\r\n`,
  'a name that is no token': `${ok}a(b): c\r\n\r\n`,
  'too many headers': `${ok}${'a: b\r\n'.repeat(201)}\r\n`,
  'too long a head': `${ok}a: ${'b'.repeat(66_000)}\r\n\r\n`,
  'too long a head without an end': `${ok}a: ${'b'.repeat(66_000)}`,
  'a length with a sign': `${ok}content-length: +5\r\n\r\n`,
  'a negative length': `${ok}content-length: -5\r\n\r\n`,
  'a hexadecimal length': `${ok}content-length: 0x5\r\n\r\n`,
  'no length': `${ok}content-length:\r\n\r\n`,
  'a length beyond numbers': `${ok}content-length: 99999999999999999999\r\n\r\n`,
  'two lengths': `${ok}content-length: 5\r\ncontent-length: 6\r\n\r\n`,
  'two lengths in one': `${ok}content-length: 5, 6\r\n\r\n`,
  'a length and a half': `${ok}content-length: 5,\r\n\r\n`,
  'a length and chunks': `${ok}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`,
  'another transfer coding': `${ok}transfer-encoding: gzip, chunked\r\n\r\n`,
  'chunked twice': `${ok}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n`,
  'identity as transfer coding': `${ok}transfer-encoding: identity\r\n\r\n`,
  'a chunk without a size': `${chunked}\r\nabc`,
  'a chunk whose size is no number': `${chunked}5x\r\nhello\r\n`,
  'a chunk whose size has a prefix': `${chunked}0x5\r\nhello\r\n`,
  'a chunk with a negative size': `${chunked}-5\r\nhello\r\n`,
  'a chunk with a blank before its size': `${chunked} 5\r\nhello\r\n`,
  'a chunk that is too large': `${chunked}1000000000000\r\n`,
  'a chunk size that does not end': `${chunked}${'0'.repeat(13)}`,
  'a chunk size with a line feed alone': `${chunked}5\nhello\r\n`,
  'a chunk size with a carriage return alone': `${chunked}5;a\rb\r\nhello\r\n`,
  'an extension that does not end': `${chunked}5;${'a'.repeat(5000)}`,
  'a chunk that is longer than its size': `${chunked}5\r\nhello!\r\n`,
  'a chunk that ends with a line feed alone': `${chunked}5\r\nhello\n0\r\n`,
  'too long a trailer': `${chunked}0\r\n${'a: b\r\n'.repeat(5000)}\r\n`,
  'a trailer with too long a line': `${chunked}0\r\na: ${'b'.repeat(5000)}`,
}

describe('no response', () => {
  for (const [name, text] of Object.entries(malformed)) {
    it(`with ${name} is taken for one`, () => {
      expect(() => read([text])).toThrow(MalformedResponse)
      expect(() => read(text.length > 10_000 ? cut(text, [10, 100, 1000, 10_000]) : [...text])).toThrow(
        MalformedResponse,
      )
    })
  }
})
