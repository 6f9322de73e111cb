import { describe, expect, it } from 'vitest'
import { readRequest } from '../read-request.ts'
import { laneOf, readClientEvent } from './client-event.ts'

const read = (text: string) => readClientEvent(readRequest(Buffer.from(text)))

describe('a request for a response', () => {
  it.each([
    [
      'keeps its text but for what is only known on a socket',
      '{ "type": "response.create", "model": "m", "temperature": 1.0, "stream_id": "a", "input": "x" , "generate": true}',
      '{"stream":true, "model": "m", "temperature": 1.0, "input": "x"}',
    ],
    [
      'with all of that first',
      '{"type":"response.create","stream":false,"background":false,"model":"m"}',
      '{"stream":true,"model":"m"}',
    ],
    ['with all of that last', '{"model":"m","stream":true,"type":"response.create"}', '{"stream":true,"model":"m"}'],
    ['with nothing else', '{"type":"response.create"}', '{"stream":true}'],
  ])('%s', (_, text, expected) => {
    const event = read(text)
    if (event.kind !== 'create') throw new Error('It is none.')
    expect(event.request.text).toBe(expected)
    expect(event.request.body).toEqual(JSON.parse(expected))
    const { members } = event.request
    expect(members.map(({ key, at, end }) => [key, JSON.parse(expected.slice(at, end))])).toEqual(
      Object.entries(JSON.parse(expected)),
    )
  })

  it('may be for later', () => {
    expect(read('{"type":"response.create","generate":false}')).toMatchObject({ kind: 'create', generate: false })
    expect(read('{"type":"response.create"}')).toMatchObject({ generate: true })
  })
})

it.each([
  ['{"stream_id":"A-z_0.9"}', 'A-z_0.9'],
  ['{"stream_id":null}', undefined],
  ['{}', undefined],
])('the lane of %s', (text, lane) => expect(laneOf(JSON.parse(text))).toBe(lane))

it.each(['{"stream_id":""}', '{"stream_id":"a b"}', '{"stream_id":"\\""}', `{"stream_id":"${'a'.repeat(257)}"}`])(
  'no lane: %s',
  (text) => expect(() => laneOf(JSON.parse(text))).toThrow("'stream_id'"),
)
