/** Events, and the bare JSON that may come among them, whatever pieces they come in. */
import { describe, expect, it } from 'vitest'
import { bytesOfText } from '../../core/bytes.ts'
import { geminiFraming } from './framing.ts'

const fault = JSON.stringify({ error: { code: 503, message: 'Überlastet', status: 'UNAVAILABLE' } }, null, 2)

function read(text: string, size: number): [string | undefined, unknown][] {
  const bytes = bytesOfText(text)
  const reader = geminiFraming.reader()
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.slice(at * size, (at + 1) * size),
  )
  const frames = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]
  return frames.map(({ event, data }) => [event, JSON.parse(data)])
}

describe.each([1, 2, 3, 7, 64, 100_000])('in pieces of %i', (size) => {
  it('events are events', () => {
    expect(
      read('data: {"a":1}\r\n\r\ndata: [{"b":"ü"},\r\ndata: {"c":3}]\r\n\r\n', size).map(([, data]) => data),
    ).toEqual([{ a: 1 }, [{ b: 'ü' }, { c: 3 }]])
  })

  it.each(['\n', '\r\n'])('an error after events is the last of them', (end) => {
    for (const told of [fault, `[${fault}]`]) {
      const frames = read(`data: {"a":1}${end}${end}${told.replaceAll('\n', end)}${end}`, size)
      expect(frames.map(([, data]) => data)).toEqual([{ a: 1 }, JSON.parse(told)])
      expect(frames.at(-1)?.[0]).toBe('error')
    }
  })

  it('an error at the start is all there is', () => {
    expect(read(fault, size)).toEqual([['error', JSON.parse(fault)]])
  })
})

it('what has no end is not kept', () => {
  const reader = geminiFraming.reader()
  reader.push('{')
  for (let piece = 0; piece < 100; piece++) reader.push('x'.repeat(64 * 1024))
  const [frame] = reader.end()
  expect(frame!.data.length).toBeLessThan(1.2 * 1024 * 1024)
})
