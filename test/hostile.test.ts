/**
 * Malformed and hostile requests, generated from tables and sent over bare sockets: each gets a 4xx that helps or a closed connection, and a
 * good request right after it is answered.
 */
import { connect } from 'node:net'
import zlib from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post } from './support/http.ts'
import { type Piece, type RawOptions, type RawReply, rawChat, rawExchange, rawRequest } from './support/raw.ts'
import { until } from './support/until.ts'

let house: TestHouse

const megabyte = 1024 * 1024

beforeAll(async () => {
  house = await openTestHouse({
    config: (url) => ({
      client: { max_request_body_size_mb: 1 },
      providers: { openai: providerAt(url), azure: azureAt(url) },
    }),
    arrival: { headersTimeout: 400, requestTimeout: 800 },
  })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
  house.log.length = 0
})

/** Nothing that was sent may keep the house from its work. */
afterEach(async () => {
  const reply = await post(house, chat('openai/gpt-4o', 'still there?'))
  expect(reply.status).toBe(200)
  expect(reply.json.choices[0].message.content).toBe('still there?')
  expect(house.log.filter(({ level }) => level === 'error')).toEqual([])
})

function azureAt(endpoint: string): object {
  return { keys: [{ name: 'az', value: 'sk-azure', models: ['*'], azure_key_config: { endpoint } }] }
}

const chatPath = '/openai/v1/chat/completions'
const goodBody = JSON.stringify(chat('openai/gpt-4o'))
const good = rawChat(goodBody)

async function send(pieces: readonly Piece[], options?: RawOptions): Promise<RawReply | undefined> {
  return (await rawExchange(house.url, pieces, options)).replies[0]
}

/** A refusal has the envelope, and says something. */
function expectRefusal(reply: RawReply | undefined, status: number, words: string | RegExp = ''): void {
  expect(reply).toBeDefined()
  expect(`${reply?.status} ${reply?.body}`).toMatch(new RegExp(`^${status} `))
  const body = JSON.parse(reply?.body ?? '')
  expect(body).toMatchObject({
    is_bifrost_error: false,
    status_code: status,
    error: { type: expect.any(String), code: expect.any(String), message: expect.stringMatching(/\w{3,}.*\w{3,}/s) },
    extra_fields: expect.any(Object),
  })
  expect(reply?.headers['x-request-id']).toMatch(/^[\x21-\x7e]+$/)
  expect(reply?.headers['x-content-type-options']).toBe('nosniff')
  expect(reply?.headers['content-type']).toBe('application/json')
  if (words !== '') expect(`${body.error.code} ${body.error.param}: ${body.error.message}`).toMatch(words)
}

function paths(): string[] {
  return house.simulator.requests.map(({ path }) => path)
}

describe('JSON that is none', () => {
  const full = JSON.stringify({
    model: 'openai/gpt-4o',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Grüße \n"' }] }],
    temperature: 0.5,
    stop: ['a', 'b'],
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }],
    metadata: { a: null, b: true },
  })
  const positions = Array.from({ length: 40 }, (_, index) => Math.round(((index + 1) * (full.length - 1)) / 41))

  test.each(positions)('cut behind %i letters', async (length) => {
    const reply = await send([rawChat(full.slice(0, length))])
    expectRefusal(reply, 400, /^invalid_json .*position \d+ \(line 1, column \d+\)/)
  })

  test.each<[string, string | Buffer]>([
    ['nothing but space', ' \n '],
    ['a word', 'hello'],
    ['single quotes', "{'model':'x'}"],
    ['a comma too many', '{"model":"x",}'],
    ['a comma too few', '{"model":"x" "stream":true}'],
    ['a comment', '{"model":"x" /* why */}'],
    ['NaN', '{"temperature":NaN}'],
    ['Infinity', '{"temperature":Infinity}'],
    ['a plus', '{"temperature":+1}'],
    ['a leading zero', '{"max_tokens":01}'],
    ['a hexadecimal number', '{"max_tokens":0x10}'],
    ['undefined', '{"model":undefined}'],
    ['two values', '{}{}'],
    ['a line break in a string', '{"model":"a\nb"}'],
    ['a NUL in a string', '{"model":"a\u0000b"}'],
    ['a NUL between values', '{"model":\u0000"a"}'],
    ['NULs alone', Buffer.alloc(100)],
    ['an escape that is none', '{"model":"\\x41"}'],
    ['half a \\u', '{"model":"\\u00"}'],
    ['a string that does not end', '{"model":"abc'],
    ['a byte order mark', `\ufeff${goodBody}`],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['a number', '7'],
    ['null', 'null'],
    ['another bracket', '{"messages":[}]'],
    ['brackets that only close', ']'.repeat(50_000)],
    ['a form', 'model=x&messages=y'],
    ['XML', '<model>x</model>'],
    ['an event stream', 'data: {}\n\n'],
  ])('%s', async (_, body) => expectRefusal(await send([rawChat(body)]), 400, /^invalid_json /))

  test.each<[string, Buffer]>([
    ['a lone byte', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    [
      'a continuation without beginning',
      Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0x80]), Buffer.from('"}')]),
    ],
    [
      'a character that breaks off',
      Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xe2, 0x82]), Buffer.from('"}')]),
    ],
    ['an overlong slash', Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')])],
    [
      'half a surrogate pair',
      Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    ],
    [
      'beyond Unicode',
      Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xf5, 0x80, 0x80, 0x80]), Buffer.from('"}')]),
    ],
    ['Latin-1', Buffer.from('{"model":"größe"}', 'latin1')],
    ['UTF-16 with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(goodBody, 'utf16le')])],
    [
      'UTF-16, the other way round',
      Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(goodBody, 'utf16le').swap16()]),
    ],
    ['UTF-16 without a mark', Buffer.from(goodBody, 'utf16le')],
  ])('bytes that are not UTF-8: %s', async (_, body) =>
    expectRefusal(await send([rawChat(body)]), 400, /^invalid_json /),
  )
})

describe('JSON that is dangerous', () => {
  const inside = (extra: string) => `${goodBody.slice(0, -1)},${extra}}`
  const deep = (levels: number, open: string, close: string) => `"x":${open.repeat(levels)}1${close.repeat(levels)}`

  test.each<[string, string]>([
    ['10,000 lists', inside(deep(10_000, '[', ']'))],
    ['10,000 objects', inside(deep(10_000, '{"a":', '}'))],
    ['300,000 lists that do not close', inside(`"x":${'['.repeat(300_000)}`)],
    [
      '10,000 levels in a message',
      JSON.stringify(chat('openai/gpt-4o')).replace('"Hello, Asbru!"', `${'['.repeat(10_000)}${']'.repeat(10_000)}`),
    ],
    ['10,000 lists instead of an object', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['129 levels', inside(deep(128, '[', ']'))],
  ])('nests too deep: %s', async (_, body) => expectRefusal(await send([rawChat(body)]), 400, /^too_deep .*128/))

  test.each<[string, string, string]>([
    ['model', '{"model":"openai/a","model":"openai/b","messages":[]}', 'model'],
    ['the same name, escaped', '{"model":"openai/a","\\u006dodel":"openai/b"}', 'model'],
    ['role of a message', '{"messages":[{"role":"user","content":"x","role":"system"}]}', 'messages[0].role'],
    ['of an unknown field', inside('"x":{"y":[0,{"z":1,"z":1}]}'), 'x.y[1].z'],
    [
      'in the arguments of a schema',
      inside('"tools":[{"type":"function","function":{"name":"f","parameters":{"a":1,"a":1}}}]'),
      'tools[0].function.parameters.a',
    ],
    ['an empty name', inside('"x":{"":1,"":2}'), 'x'],
    ['constructor', inside('"constructor":1,"constructor":2'), 'constructor'],
    ['beyond 100,000 letters', inside(`"x":{"${'a'.repeat(100_000)}":1,"${'a'.repeat(100_000)}":1}`), 'x.aaa'],
  ])('a name twice: %s', async (_, body, place) => {
    const reply = await send([rawChat(body)])
    expectRefusal(reply, 400, /^duplicate_parameter /)
    expect(JSON.parse(reply?.body ?? '').error.param.startsWith(place)).toBe(true)
    expect(reply?.body.length).toBeLessThan(2000)
  })

  test.each<[string, string]>([
    ['at the top', inside('"__proto__":{"polluted":true}')],
    ['escaped', inside('"__pro\\u0074o__":{"polluted":true}')],
    ['in a message', goodBody.replace('"role"', '"__proto__":{"polluted":true},"role"')],
    ['in an unknown field', inside('"x":[{"y":{"__proto__":null}}]')],
    ['in a schema', inside('"metadata":{"__proto__":{"polluted":true}}')],
  ])('__proto__ %s', async (_, body) => {
    expectRefusal(await send([rawChat(body)]), 400, /__proto__/)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(paths()).toEqual([])
  })

  test.each(['constructor', 'prototype', 'hasOwnProperty', 'toString', 'toJSON', 'then', '$ref', ''])(
    'a field called %j is a field like any other, and reaches the provider',
    async (name) => {
      const value = { prototype: { polluted: true } }
      const body = JSON.stringify({ ...chat('openai/echo+lenient'), [name]: value })
      expect((await send([rawChat(body)]))?.status).toBe(200)
      expect(house.simulator.requests[0]?.body).toMatchObject({ [name]: value })
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    },
  )

  test('128 levels, ten thousand members and a string of 500,000 letters are fine', async () => {
    const members = Array.from({ length: 10_000 }, (_, index) => `"m${index}":0`).join(',')
    const body = inside(`${deep(127, '[', ']')},"y":{${members}},"z":"${'\\n'.repeat(250_000)}"`).replace(
      'gpt-4o',
      'echo+lenient',
    )
    expect((await send([rawChat(body)]))?.status).toBe(200)
  })
})

describe('values of a wrong kind', () => {
  const message = (changes: object) => ({ messages: [{ role: 'user', content: 'Hi', ...changes }] })
  const part = (given: unknown) => message({ content: [given] })
  const tool = (given: unknown) => ({ tools: [{ type: 'function', function: given }] })

  /** A documented field, and values that it does not take. */
  const wrong: Record<string, readonly unknown[]> = {
    model: [1, null, {}, [], true, ''],
    messages: ['Hi', {}, null, 1, [], [1], ['Hi'], [null], [{}], [[]]],
    stream: ['true', 1, {}, []],
    max_tokens: ['1', 1.5, 0, -1, true, {}, 1e308],
    max_completion_tokens: ['1', 0, 0.5, [], 1e21],
    temperature: ['1', -0.1, 2.1, true, [1]],
    top_p: ['1', {}, true],
    frequency_penalty: [-2.1, 2.1, '0'],
    presence_penalty: [-3, 3, []],
    logit_bias: [[], 'x', { 50256: '1' }],
    logprobs: ['true', 1],
    top_logprobs: [-1, 21, '5', 1.5],
    n: [0, -1, '1', 1.5],
    stop: [1, {}, [1], [], ['a', 'b', 'c', 'd', 'e']],
    seed: ['1', 1.5, {}],
    user: [1, {}],
    tools: ['f', {}, [1], [{}], [{ type: 'function' }]],
    tool_choice: [1, 'sometimes', [], { type: 'function' }],
    parallel_tool_calls: ['yes', 1],
    response_format: ['json', {}, [], { type: 'json_schema' }],
    reasoning_effort: ['much', 1, {}],
    reasoning: ['high', [], { effort: 'much' }, { max_tokens: '1' }],
    service_tier: [1, {}],
    stream_options: ['x', [], { include_usage: 'yes' }],
    fallbacks: ['azure/x', {}, [1], [{}], [null]],
    metadata: ['x', [], 1],
    modalities: ['text', [1], {}],
    audio: ['x', [], { format: 1 }],
    prediction: ['x', [], {}],
    prompt_cache_key: [1, {}],
    safety_identifier: [1, []],
    store: ['x', 1],
    verbosity: ['loud', 1],
    web_search_options: ['x', []],
  }
  const rows = Object.entries(wrong).flatMap(([name, values]) =>
    values.map((value): [string, unknown] => [name, value]),
  )

  test.each(rows)('%s: %j', async (name, value) => {
    const reply = await send([rawChat(JSON.stringify({ ...chat('openai/gpt-4o'), [name]: value }))])
    expectRefusal(reply, 400)
    expect(JSON.parse(reply?.body ?? '').error.param).toMatch(new RegExp(`^${name}(\\W|$)`))
    expect(paths()).toEqual([])
  })

  test.each<[string, object, string]>([
    ['role', message({ role: 'robot' }), 'messages[0].role'],
    ['role as a number', message({ role: 1 }), 'messages[0].role'],
    ['content as a number', message({ content: 5 }), 'messages[0].content'],
    ['content as an object', message({ content: {} }), 'messages[0].content'],
    ['name', message({ name: 5 }), 'messages[0].name'],
    ['a part as a text', part('x'), 'messages[0].content[0]'],
    ['a part without type', part({}), 'messages[0].content[0]'],
    ['a part without text', part({ type: 'text' }), 'messages[0].content[0].text'],
    ['an image without URL', part({ type: 'image_url', image_url: {} }), 'messages[0].content[0].image_url'],
    [
      'an image’s detail',
      part({ type: 'image_url', image_url: { url: 'x', detail: 'huge' } }),
      'messages[0].content[0].image_url',
    ],
    ['audio without data', part({ type: 'input_audio', input_audio: {} }), 'messages[0].content[0].input_audio'],
    ['a file with nothing in it', part({ type: 'file', file: {} }), 'messages[0].content[0].file'],
    ['a tool message without its call', message({ role: 'tool' }), 'messages[0].tool_call_id'],
    [
      'a tool call without function',
      message({ role: 'assistant', tool_calls: [{ id: 'a' }] }),
      'messages[0].tool_calls[0]',
    ],
    ['a tool without a name', tool({}), 'tools[0].function.name'],
    ['a tool’s parameters', tool({ name: 'f', parameters: 'x' }), 'tools[0].function.parameters'],
    ['a tool’s strict', tool({ name: 'f', strict: 'x' }), 'tools[0].function.strict'],
    ['both ways to say effort', { reasoning_effort: 'low', reasoning: { effort: 'low' } }, 'reasoning_effort'],
  ])('%s', async (_, changes, place) => {
    const reply = await send([rawChat(JSON.stringify({ ...chat('openai/gpt-4o'), ...changes }))])
    expectRefusal(reply, 400)
    expect(JSON.parse(reply?.body ?? '').error.param.startsWith(place)).toBe(true)
  })

  test.each<[string, string]>([
    ['temperature 1e999', '"temperature":1e999'],
    ['temperature -1e999', '"temperature":-1e999'],
    ['max_tokens of 30 digits', `"max_tokens":${'9'.repeat(30)}`],
    ['max_tokens of 100,000 digits', `"max_tokens":${'9'.repeat(100_000)}`],
    ['n of 1e400', '"n":1e400'],
    ['seed of 1e400', '"seed":1e400'],
  ])('a number beyond all: %s', async (_, member) => {
    expectRefusal(await send([rawChat(`${goodBody.slice(0, -1)},${member}}`)]), 400)
  })

  test.each<[string, string]>([
    ['no body', ''],
    ['an empty object', '{}'],
    ['no messages', '{"model":"openai/gpt-4o"}'],
    ['no model', '{"messages":[{"role":"user","content":"Hi"}]}'],
  ])('%s', async (_, body) => expectRefusal(await send([rawChat(body)]), 400, /^missing_required_parameter /))
})

describe('messages that are no HTTP', () => {
  const post = `POST ${chatPath} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`
  const get = 'GET /health HTTP/1.1\r\nHost: a\r\n'

  test.each<[string, Piece]>([
    ['a length and chunks', `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['chunks and a length', `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
    ['the same length twice', `${post}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`],
    ['a list of lengths', `${post}Content-Length: 2, 2\r\n\r\n{}`],
    ['a length with a sign', `${post}Content-Length: +2\r\n\r\n{}`],
    ['a negative length', `${post}Content-Length: -2\r\n\r\n{}`],
    ['a hexadecimal length', `${post}Content-Length: 0x2\r\n\r\n{}`],
    ['a length that is a word', `${post}Content-Length: two\r\n\r\n{}`],
    ['no length in a length', `${post}Content-Length: \r\n\r\n{}`],
    ['a length of 30 digits', `${post}Content-Length: ${'9'.repeat(30)}\r\n\r\n{}`],
    ['a coding that is not known', `${post}Transfer-Encoding: gzip\r\n\r\n{}`],
    ['a coding under the chunks', `${post}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
    ['chunks under a coding', `${post}Transfer-Encoding: chunked, gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
    ['chunks twice', `${post}Transfer-Encoding: chunked, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
    [
      'chunks in two headers',
      `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    ],
    ['almost chunks', `${post}Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
    ['a space before the colon', `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a chunk without a size', `${post}Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n`],
    ['a chunk with a size that is none', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`],
    ['a chunk with a negative size', `${post}Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n`],
    ['a chunk longer than its size', `${post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n`],
    ['a chunk larger than all', `${post}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}`],
    ['a line feed in an extension', `${post}Transfer-Encoding: chunked\r\n\r\n2;a\n\r\n{}\r\n0\r\n\r\n`],
    ['chunks ended by line feeds', `${post}Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n`],
    ['lines ended by line feeds', 'GET /health HTTP/1.1\nHost: a\n\n'],
    ['one line ended by a line feed', 'GET /health HTTP/1.1\r\nHost: a\nX: b\r\n\r\n'],
    ['a line ended by a carriage return', 'GET /health HTTP/1.1\r\nHost: a\rX: b\r\n\r\n'],
    ['a header over two lines', `${get}X: b\r\n c\r\n\r\n`],
    ['a header without a name', `${get}: b\r\n\r\n`],
    ['a header without a colon', `${get}nonsense\r\n\r\n`],
    ['a space in the name of a header', `${get}X Y: b\r\n\r\n`],
    ['a letter in a header’s name that has no place there', `${get}X\u00fc: b\r\n\r\n`],
    ['a NUL in a header', `${get}X: a\u0000b\r\n\r\n`],
    ['a control character in a header', `${get}X: a\u0001b\r\n\r\n`],
    ['a NUL in the path', 'GET /hea\u0000lth HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a space in the path', 'GET /hea lth HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['no path', 'GET HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['no version', 'GET /health\r\n\r\n'],
    ['a version that is none', 'GET /health HTTP/x.y\r\nHost: a\r\n\r\n'],
    ['HTTP/3', 'GET /health HTTP/3.0\r\nHost: a\r\n\r\n'],
    ['HTTP/2 in words', 'GET /health HTTP/2.0\r\nHost: a\r\n\r\n'],
    ['HTTP/2 in earnest', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000'],
    ['TLS', Buffer.from('1603010200010001fc0303', 'hex')],
    ['SOCKS', Buffer.from('050100', 'hex')],
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['a method that is none', 'FETCH /health HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a method in small letters', 'get /health HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['no Host', 'GET /health HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['two logins', `${get}Authorization: Bearer sk-bf-a\r\nauthorization: Bearer sk-bf-b\r\n\r\n`],
    ['two virtual keys in one header', `${get}x-bf-vk: sk-bf-a\r\nX-BF-VK: sk-bf-b\r\n\r\n`],
    ['two types of body', `${post}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`],
    ['two encodings', `${post}Content-Encoding: gzip\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}`],
    ['letters', 'x'.repeat(5000)],
    ['random bytes', Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 7919) % 256))],
  ])('%s', async (_, piece) => {
    expectRefusal(await send([piece]), 400, /^invalid_http /)
    expect(paths()).toEqual([])
  })

  test.each<[string, string]>([
    ['a header of 100 KB', `${get}X: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['10,000 headers', `${get}${'X: b\r\n'.repeat(10_000)}\r\n`],
    ['a header’s name of 100 KB', `${get}${'a'.repeat(100_000)}: b\r\n\r\n`],
    ['a path of 100 KB', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a key of 100 KB', `${post}Authorization: Bearer ${'a'.repeat(100_000)}\r\n\r\n`],
  ])('too much of a head: %s', async (_, text) => expectRefusal(await send([text]), 431, /^headers_too_large .*32768/))

  test.each(['200-ok', '100-continue, 200-ok', 'x'.repeat(1000)])('Expect: %s', async (expectation) => {
    expectRefusal(await send([rawChat(goodBody, { Expect: expectation })]), 417, /^expectation_failed /)
  })

  test('a client that asks before it sends too much', async () => {
    const head = rawRequest('POST', chatPath, { Expect: '100-continue', 'Content-Length': 2 ** 30 })
    expectRefusal(await send([head]), 413, /^request_too_large /)
  })

  test('a tunnel', async () => {
    const { replies, end } = await rawExchange(house.url, [
      'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n',
    ])
    expect({ replies, end }).toEqual({ replies: [], end: 'closed' })
  })

  test.each(['websocket', 'h2c', 'TLS/1.0', 'x'.repeat(1000)])('an upgrade to %s is not taken up', async (protocol) => {
    const headers = {
      Connection: 'Upgrade, HTTP2-Settings',
      Upgrade: protocol,
      'HTTP2-Settings': 'AAMAAABkAAQCAAAAAAIAAAAA',
    }
    expectRefusal(await send([rawRequest('GET', chatPath, headers)]), 405, /^method_not_allowed /)
    expectRefusal(await send([rawChat('{', headers)]), 400, /^invalid_json /)
  })
})

describe('paths and methods', () => {
  test.each([
    '/',
    '/openai',
    '/openai/v1',
    '/v1/chat/completion',
    '/v1/chat/completions/x',
    '/openai/v1/chat/completions%20',
    '//openai/v1/chat/completions',
    '/openai//v1/chat/completions',
    '/../openai/v1/chat/completions',
    '/openai/../openai/v1/chat/completions',
    '/../../../../etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..\\..\\windows',
    '/openai/v1/chat%2Fcompletions',
    '/%',
    '/%zz',
    '/%00',
    '/%c0%af',
    '/%ff%fe',
    '/openai/v1/chat/completions;jsessionid=1',
    '/openai/v1/chat/completions%3Fx',
    '/OPENAI/V1/CHAT/COMPLETIONS',
    '/.git/config',
    '/.env',
    '/wp-login.php',
    '/api/keys',
    '/metricsx',
    '/simulator/requests',
    '/constructor',
    '/__proto__',
    'http://evil.test/',
    'http://evil.test/v1/chat/completion',
    'ftp://evil.test/v1/chat/completions',
    '*',
    `/${'a'.repeat(8192)}`,
    `/${'%41'.repeat(2700)}`,
    `/${'../'.repeat(2700)}`,
  ])('%s is nowhere', async (path) => {
    const reply = await send([rawRequest('POST', path, { 'Content-Type': 'application/json' }, goodBody)])
    expectRefusal(reply, 404, /^route_not_found .*Route not found/)
    expect(reply?.body.length).toBeLessThan(1000)
    expect(paths()).toEqual([])
  })

  test.each([
    ['/openai/openai/deployments/%zz/chat/completions', 'invalid azure deployment path'],
    ['/openai/openai/deployments/%/chat/completions', 'invalid azure deployment path'],
    ['/openai/openai/deployments/%ff/chat/completions', 'invalid azure deployment path'],
    ['/openai/openai/deployments/%c0%ae/chat/completions', 'invalid azure deployment path'],
    ['/openai/openai/deployments/x', 'invalid azure deployment path'],
    ['/openai/openai/deployments/', 'invalid azure deployment path'],
    ['/openai/openai/deployments', 'invalid azure deployment path'],
    ['/openai/openai/deployments/chat/completions', 'missing deployment id'],
  ])('%s', async (path, words) => {
    const reply = await send([rawRequest('POST', path, { 'Content-Type': 'application/json' }, goodBody)])
    expectRefusal(reply, 400, words)
  })

  test.each([
    ['..%2f..%2fadmin', '..%2F..%2Fadmin'],
    ['a%3Fapi-key=x%23', 'a%3Fapi-key%3Dx%23'],
    ['a%0d%0aX-Evil:%201', 'a%0D%0AX-Evil%3A%201'],
    ['gr%C3%B6%C3%9Fe', 'gr%C3%B6%C3%9Fe'],
  ])('a deployment called %s stays in its place of the provider’s path', async (deployment, sent) => {
    const path = `/openai/openai/deployments/azure/${deployment}/chat/completions?api-version=1%26evil=2`
    const reply = await send([rawRequest('POST', path, { 'Content-Type': 'application/json' }, goodBody)])
    expect(reply?.status).toBeLessThan(500)
    expect(paths()).toEqual([`/openai/deployments/${sent}/chat/completions?api-version=1%26evil%3D2`])
  })

  const methods = ['GET', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'LOCK', 'SEARCH', 'PURGE', 'M-SEARCH', 'QUERY']
  test.each(methods)('%s for a chat', async (method) => {
    const reply = await send([rawRequest(method, chatPath, { 'Content-Type': 'application/json' }, goodBody)])
    expectRefusal(reply, 405, /^method_not_allowed .*Use POST/)
    expect(reply?.headers['allow']).toBe('POST')
    expect(paths()).toEqual([])
  })

  test.each([
    ['POST', '/v1/models'],
    ['DELETE', '/openai/v1/models'],
    ['POST', '/health'],
    ['PUT', '/readyz'],
    ['GET', '/openai/openai/deployments/x/chat/completions'],
  ])('%s %s', async (method, path) => {
    expectRefusal(await send([rawRequest(method, path, {}, method === 'GET' ? undefined : '{}')]), 405)
  })
})

describe('bodies that are too large, or not what they say', () => {
  const tooMuch = Buffer.alloc(megabyte + 1, 32)
  const chunk = (bytes: Buffer) =>
    Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
  const encoded = (encoding: string, body: Buffer) => rawChat(body, { 'Content-Encoding': encoding })
  const zeros = Buffer.alloc(50 * megabyte)
  const bombs: Record<string, () => Buffer> = {
    gzip: () => zlib.gzipSync(zeros),
    deflate: () => zlib.deflateSync(zeros),
    br: () => zlib.brotliCompressSync(zeros, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
    zstd: () => zlib.zstdCompressSync(zeros),
  }

  test.each<[string, readonly Piece[]]>([
    ['a gigabyte announced and nothing sent', [rawRequest('POST', chatPath, { 'Content-Length': 2 ** 30 })]],
    ['a petabyte announced', [rawRequest('POST', chatPath, { 'Content-Length': 2 ** 50 })]],
    ['a byte too much', [rawChat(tooMuch)]],
    ['a byte too much, in one chunk', [rawChat(chunk(tooMuch), { 'Transfer-Encoding': 'chunked' })]],
    [
      'chunks without end',
      [
        rawChat('', { 'Transfer-Encoding': 'chunked' }),
        ...Array.from({ length: 40 }, () => chunk(Buffer.alloc(65_536, 32))),
      ],
    ],
    [
      'one chunk without end',
      [
        rawChat('fffffff\r\n', { 'Transfer-Encoding': 'chunked' }),
        ...Array.from({ length: 40 }, () => Buffer.alloc(65_536, 32)),
      ],
    ],
  ])('%s', async (_, pieces) => expectRefusal(await send(pieces), 413, /^request_too_large .*1048576/))

  test.each(Object.keys(bombs))('50 MB in a small %s', async (encoding) => {
    const body = (bombs[encoding] as () => Buffer)()
    expect(body.length).toBeLessThan(megabyte)
    const reply = await send([encoded(encoding, body)])
    expectRefusal(reply, 413, 'decompressed request body exceeds max allowed size of 1048576 bytes')
  })

  test.each<[string, string, Buffer]>([
    ['gzip that is none', 'gzip', Buffer.from(goodBody)],
    ['gzip that breaks off', 'gzip', zlib.gzipSync(goodBody).subarray(0, 40)],
    [
      'gzip with a wrong sum',
      'gzip',
      Buffer.from(zlib.gzipSync(goodBody).map((byte, index, all) => (index === all.length - 6 ? byte ^ 1 : byte))),
    ],
    ['deflate that is none', 'deflate', Buffer.from(goodBody)],
    ['br that is none', 'br', Buffer.from(goodBody)],
    ['br that breaks off', 'br', zlib.brotliCompressSync(goodBody).subarray(0, 20)],
    ['zstd that is none', 'zstd', Buffer.from(goodBody)],
    ['zstd that breaks off', 'zstd', zlib.zstdCompressSync(goodBody).subarray(0, 20)],
    ['gzip that says br', 'br', zlib.gzipSync(goodBody)],
    ['gzip twice', 'gzip, gzip', zlib.gzipSync(zlib.gzipSync(goodBody))],
    ['an encoding that is not known', 'lzma', Buffer.from(goodBody)],
    ['compress', 'compress', Buffer.from(goodBody)],
    ['constructor', 'constructor', Buffer.from(goodBody)],
    ['__proto__', '__proto__', Buffer.from(goodBody)],
    ['toString', 'toString', Buffer.from(goodBody)],
  ])('%s', async (_, encoding, body) => {
    expectRefusal(await send([encoded(encoding, body)]), 400, 'invalid compressed request body: ')
  })

  test('what is in a compressed body is checked as well', async () => {
    expectRefusal(await send([encoded('gzip', zlib.gzipSync('{"model":'))]), 400, /^invalid_json /)
  })

  test.each([
    'text/plain',
    'text/json',
    'text/html',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/octet-stream',
    'application/jsonp',
    'application/json-seq',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    'application/json; charset="iso-8859-1"',
    'application/json, text/plain',
    'json',
    '*/*',
    '',
    'x'.repeat(10_000),
    `application/${'a.'.repeat(5000)}json`,
  ])('Content-Type: %s', async (type) => {
    expectRefusal(await send([rawChat(goodBody, { 'Content-Type': type })]), 415, /^unsupported_media_type /)
  })
})

describe('clients that take their time, or leave', () => {
  test.concurrent.each<[string, readonly Piece[]]>([
    ['nothing at all', []],
    ['headers that do not end', ['GET /health HTTP/1.1\r\nHost: a\r\n']],
    [
      'headers, letter by letter',
      [...'GET /health HTTP/1.1\r\nHost: a\r\nX-Slow: aaaaaaaaaa'].flatMap((letter) => [letter, 20]),
    ],
    ['a request line that does not end', ['GET /health']],
    ['a body that does not come', [rawRequest('POST', chatPath, { 'Content-Length': 100 })]],
    ['a body that does not end', [rawRequest('POST', chatPath, { 'Content-Length': 100 }), '{"model":']],
    [
      'a body, letter by letter',
      [rawRequest('POST', chatPath, { 'Content-Length': 1000 }), ...Array.from({ length: 60 }, () => [' ', 30]).flat()],
    ],
    ['chunks that do not end', [rawRequest('POST', chatPath, { 'Transfer-Encoding': 'chunked' }), '2\r\n{}\r\n']],
    ['a chunk’s size that does not end', [rawRequest('POST', chatPath, { 'Transfer-Encoding': 'chunked' }), '2']],
  ])('%s: 408', async (_, pieces) => {
    expectRefusal(await send(pieces), 408, /^request_timeout /)
  })

  test('a second request that does not come whole does not disturb the first', async () => {
    const slow = rawChat(JSON.stringify(chat('openai/echo+slow-1500')))
    const { replies, end } = await rawExchange(
      house.url,
      [Buffer.concat([slow, Buffer.from('GET /health HTTP/1.1\r\n')])],
      { replies: 3 },
    )
    expect(replies.map(({ status }) => status)).toEqual([200, 408])
    expect(end).toBe('closed')
  })

  function sendAndLeave(
    pieces: readonly Piece[],
    wait: number,
    leave: 'destroy' | 'resetAndDestroy' | 'end',
  ): Promise<void> {
    return new Promise((resolve) => {
      const { hostname, port } = new URL(house.url)
      const socket = connect(Number(port), hostname)
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      socket.resume()
      for (const piece of pieces) socket.write(piece as Buffer)
      setTimeout(() => socket[leave](), wait)
      // Where the house still has something to say it may take its time.
      setTimeout(() => socket.destroy(), wait + 300)
    })
  }

  const streamed = rawChat(JSON.stringify(chat('openai/long-500+pace-20', 'x', { stream: true })))
  test.concurrent.each<[string, readonly Piece[], number]>([
    ['at once', [], 0],
    ['in the middle of the request line', ['POST /openai'], 20],
    ['in the middle of the headers', [good.subarray(0, 80)], 20],
    ['behind the headers', [good.subarray(0, good.indexOf('\r\n\r\n') + 4)], 20],
    ['in the middle of the body', [good.subarray(0, good.length - 10)], 20],
    ['in the middle of a chunk', [rawChat('ff\r\n{"model"', { 'Transfer-Encoding': 'chunked' })], 20],
    ['behind the request', [good], 0],
    ['while the provider thinks', [rawChat(JSON.stringify(chat('openai/echo+slow-2000')))], 100],
    ['in the middle of a stream', [streamed], 200],
    ['with a bad request behind a good one', [Buffer.concat([good, Buffer.from('nonsense\r\n\r\n')])], 0],
  ])('leaves %s', async (_, pieces, wait) => {
    const ways = ['destroy', 'resetAndDestroy', 'end'] as const
    await Promise.all(ways.map((leave) => sendAndLeave(pieces, wait, leave)))
    await until(() => house.simulator.requests.every(({ status, aborted }) => aborted || status !== null))
  })
})

describe('requests one behind the other', () => {
  const bad: [string, Buffer, number][] = [
    ['no JSON', rawChat('{'), 400],
    ['nowhere', rawRequest('GET', '/nowhere'), 404],
    ['a wrong method', rawRequest('GET', chatPath), 405],
    ['a wrong type of body', rawChat(goodBody, { 'Content-Type': 'text/plain' }), 415],
    ['a foreign expectation', rawChat(goodBody, { Expect: 'more' }), 417],
    ['a wrong encoding', rawChat(goodBody, { 'Content-Encoding': 'lzma' }), 400],
    ['too deep', rawChat('['.repeat(1000)), 400],
    ['no Host', Buffer.from('GET /health HTTP/1.1\r\n\r\n'), 400],
  ]

  test.each(bad)('%s between good ones', async (_, request, status) => {
    const { replies } = await rawExchange(house.url, [Buffer.concat([good, request, good])], { replies: 3 })
    expect(replies.map((reply) => reply.status)).toEqual(replies.length === 3 ? [200, status, 200] : [200, status])
    expectRefusal(replies[1], status)
    // Where the connection ends, it ends because the refusal said so.
    if (replies.length < 3) expect(replies[1]?.headers['connection']).toBe('close')
  })

  test.each<[string, string | Buffer]>([
    ['a body longer than its length', 'and more of it\r\n\r\n'],
    ['nonsense', 'nonsense\r\n\r\n'],
    ['TLS', Buffer.from('1603010200010001fc0303', 'hex')],
    ['headers that are too large', `GET / HTTP/1.1\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`],
  ])('%s behind a slow good one waits for its turn', async (_, behind) => {
    const slow = rawChat(JSON.stringify(chat('openai/echo+slow-200')))
    const { replies, end } = await rawExchange(house.url, [Buffer.concat([slow, Buffer.from(behind)])], { replies: 3 })
    expect(replies.map(({ status }) => status)).toEqual([200, behind.length > 50_000 ? 431 : 400])
    expect(end).toBe('closed')
  })

  test('nonsense behind a stream does not get into it', async () => {
    const stream = rawChat(JSON.stringify(chat('openai/long-20+pace-10', 'x', { stream: true })))
    const { replies } = await rawExchange(house.url, [Buffer.concat([stream, Buffer.from('nonsense\r\n\r\n')])], {
      replies: 3,
    })
    expect(replies.map(({ status }) => status)).toEqual([200, 400])
    expect(replies[0]?.body.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('a refusal whose body is still on its way ends the connection: the rest is no request', async () => {
    const smuggled = rawRequest('GET', '/health')
    const body = Buffer.concat([Buffer.from('{'), smuggled])
    const refused = rawRequest('POST', '/nowhere', { 'Content-Length': body.length + 10 })
    const { replies } = await rawExchange(house.url, [refused, 50, body], { replies: 2 })
    expect(replies.map(({ status }) => status)).toEqual([404])
  })

  test('a hundred good ones are answered in order', async () => {
    const requests = Array.from({ length: 100 }, (_, index) =>
      rawChat(JSON.stringify(chat('openai/gpt-4o', `number ${index}`))),
    )
    const { replies } = await rawExchange(house.url, [Buffer.concat(requests)], { replies: 100 })
    expect(replies.map(({ body }) => JSON.parse(body).choices[0].message.content)).toEqual(
      Array.from({ length: 100 }, (_, index) => `number ${index}`),
    )
  })
})

describe('headers for the provider', () => {
  test.each([
    'host',
    'authorization',
    'proxy-authorization',
    'api-key',
    'x-api-key',
    'x-goog-api-key',
    'cookie',
    'content-length',
    'content-type',
    'content-encoding',
    'transfer-encoding',
    'connection',
    'keep-alive',
    'proxy-connection',
    'upgrade',
    'te',
    'trailer',
    'expect',
    'accept-encoding',
    'x-bf-vk',
    'x-bf-api-key',
    'x-bf-api-key-id',
    'HOST',
    'Authorization',
    '',
  ])('x-bf-eh-%s changes nothing', async (name) => {
    expect((await send([good]))?.status).toBe(200)
    expect((await send([rawChat(goodBody, { [`x-bf-eh-${name}`]: 'evil' })]))?.status).toBe(200)
    const [without, withIt] = house.simulator.requests
    expect(withIt?.headers).toEqual(without?.headers)
    expect(withIt?.text).toBe(without?.text)
  })

  test.each([
    ['an encoded line break', 'a%0d%0aX-Evil: 1', 'a%0d%0aX-Evil: 1'],
    ['a literal backslash', 'a\\r\\nX-Evil: 1', 'a\\r\\nX-Evil: 1'],
    ['tabs', 'a\tb', 'a\tb'],
    ['letters beyond ASCII', 'a\u00ffb', 'a\u00ffb'],
  ])('%s is a value like any other', async (_, value, sent) => {
    expect((await send([rawChat(goodBody, { 'x-bf-eh-x-note': value })]))?.status).toBe(200)
    expect(house.simulator.requests[0]?.headers['x-note']).toBe(sent)
    expect(house.simulator.requests[0]?.headers['x-evil']).toBeUndefined()
  })

  test.each([
    ['a line break', 'a\r\nX-Evil: 1'],
    ['a line break and an end', 'a\r\n\r\nGET /evil HTTP/1.1\r\nHost: x'],
  ])('%s ends the header for us as for everybody: nothing of it reaches the provider', async (_, value) => {
    await rawExchange(house.url, [rawChat(goodBody, { 'x-bf-eh-x-note': value })], { patience: 1000 })
    for (const { headers, path } of house.simulator.requests) {
      expect(headers['x-evil']).toBeUndefined()
      expect(path).not.toContain('evil')
    }
  })

  test.each([
    ['a bare carriage return', 'a\rX-Evil: 1'],
    ['a bare line feed', 'a\nX-Evil 1'],
    ['a NUL', 'a\u0000b'],
    ['DEL', 'a\u007fb'],
  ])('%s is refused', async (_, value) => {
    expectRefusal(await send([rawChat(goodBody, { 'x-bf-eh-x-note': value })]), 400)
    expect(paths()).toEqual([])
  })
})

describe('names of models', () => {
  const names: [string, string][] = [
    ['line breaks', 'gpt\r\nX-Evil: 1'],
    ['NUL', 'gpt\u0000'],
    ['letters of all kinds', 'größe-模型-😀'],
    ['half a surrogate pair', 'gpt\ud800'],
    ['10 KB', 'g'.repeat(10_000)],
    ['half a megabyte', 'g'.repeat(500_000)],
    ['a path', '../../etc/passwd'],
    ['a query', 'gpt?x=1#y'],
    ['spaces', '  gpt  '],
    ['quotes', '"}],"model":"evil'],
    ['a format', '%s%n%d{env}'],
    ['slashes', '////'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
  ]

  test.each(
    names.flatMap(([what, name]): [string, string][] => [
      [`bare: ${what}`, name],
      [`openai: ${what}`, `openai/${name}`],
      [`azure: ${what}`, `azure/${name}`],
    ]),
  )('%s', async (_, model) => {
    const reply = await send([rawChat(JSON.stringify(chat(model)))])
    expect(reply?.status).toBeLessThan(500)
    if (reply?.status !== 200 && house.simulator.requests.length === 0) expectRefusal(reply, reply?.status ?? 0)
    expect(reply?.headers['x-evil']).toBeUndefined()
    for (const value of Object.values(reply?.headers ?? {})) expect(value).toMatch(/^[\x20-\x7e]{0,2100}$/)
    for (const { headers, path } of house.simulator.requests) {
      expect(headers['x-evil']).toBeUndefined()
      expect(path.split('?')[0]).toMatch(/^\/(v1|openai\/deployments\/[^/]+)\/chat\/completions$/)
    }
  })

  test.each(names)('in fallbacks: %s', async (_, name) => {
    const body = JSON.stringify(chat('openai/echo+status-400', 'x', { fallbacks: [name, `azure/${name}`] }))
    const reply = await send([rawChat(body)])
    expect(reply?.status).toBeLessThan(500)
    for (const value of Object.values(reply?.headers ?? {})) expect(value).toMatch(/^[\x20-\x7e]{0,2100}$/)
  })

  test('as many fallbacks as are taken, that nobody has', async () => {
    const fallbacks = Array.from({ length: 32 }, (_, index) => `groq/${'x'.repeat(500)}${index}`)
    const reply = await send([rawChat(JSON.stringify(chat('groq/x', 'x', { fallbacks })))])
    expectRefusal(reply, 400, /^provider_not_configured /)
    expect(reply?.headers['x-asbru-attempts']?.length).toBeLessThan(2100)
  })

  // Each may cost a call of a provider.
  test('more fallbacks than that', async () => {
    const fallbacks = Array.from({ length: 33 }, (_, index) => `groq/${index}`)
    const reply = await send([rawChat(JSON.stringify(chat('groq/x', 'x', { fallbacks })))])
    expectRefusal(reply, 400, /fallbacks/)
  })
})

test('what is too large by one byte is refused at the usual limit as well', { timeout: 30_000 }, async () => {
  const usual = await openTestHouse()
  try {
    const body = Buffer.alloc(100 * megabyte + 1, 32)
    const whole = await rawExchange(usual.url, [rawChat(body)], { patience: 10_000 })
    expectRefusal(whole.replies[0], 413, /^request_too_large .*104857600/)
    // As large as is allowed: read, understood, and refused for what it says.
    const strange = JSON.stringify(chat('groq/x'))
    const largest = Buffer.concat([body.subarray(strange.length + 1), Buffer.from(strange)])
    const fits = await rawExchange(usual.url, [rawChat(largest)], { patience: 20_000 })
    expectRefusal(fits.replies[0], 400, /^provider_not_configured /)
    expect(usual.log.filter(({ level }) => level === 'error')).toEqual([])
  } finally {
    await usual.close()
  }
})
