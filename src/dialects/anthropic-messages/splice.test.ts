/** Replies that keep their bytes on the way from a provider of this wire to a client of it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOfText, textOfBytes } from '../../core/bytes.ts'
import type { ReplyStream, StreamWriting } from '../../core/dialect.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { ReplyPricer } from '../../core/pricing.ts'
import type { Frame } from '../../core/sse.ts'
import { serverSentEvents } from '../../core/translate.ts'
import { asked } from '../asked.conformance.ts'
import { messageOf } from './message-grammar.conformance.ts'
import { spliceResponse } from './splice.ts'
import { spliceEvents } from './splice-stream.ts'

const extra: ExtraFields = { requestType: 'chat_completion', provider: 'anthropic', latency: 3, chunkIndex: 0 }
const dime: ReplyPricer = () => ({ total: 100_000_000 })

describe('a whole message', () => {
  const message =
    '{"id":"msg_1", "type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"Grüße","citations":null,"new":1.0}],' +
    '"stop_reason":"end_turn","usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":3,"service_tier":"standard","new":2}, "container":null}\n'

  it('keeps every byte, and gets ours at its end', () => {
    const { text, readUsage } = spliceResponse(bytesOfText(message), extra)!
    const [before, after] = textOfBytes(text).split(/(?=,"extra_fields")/) as [string, string]
    expect(before).toBe(message.slice(0, message.lastIndexOf('}')))
    expect(JSON.parse(`{${after.slice(1).trim()}`).extra_fields).toMatchObject({ provider: 'anthropic', latency: 3 })
    expect(readUsage()).toMatchObject({ inputTokens: 15, outputTokens: 3, input: { cachedRead: 5 } })
  })

  it('gets its cost at the end of the usage, where it is known', () => {
    const { text, readUsage } = spliceResponse(bytesOfText(message), extra, (usage, { model, serviceTier }) => {
      expect([usage.inputTokens, model, serviceTier]).toEqual([15, 'claude-x', 'default'])
      return { total: 1500, input: 1000, output: 500 }
    })!
    const cost = { input_tokens_cost: 0.000001, output_tokens_cost: 5e-7, total_cost: 0.0000015 }
    expect(JSON.parse(textOfBytes(text)).usage.cost).toEqual(cost)
    expect(readUsage()?.cost?.total).toBe(1500)
  })

  it.each([
    ['an error in disguise', '{"type":"error","error":{"type":"overloaded_error","message":"x"}}'],
    ['an error beside a message', message.replace('"container":null', '"error":"x"')],
    ['another object', '{"type":"completion","completion":"x"}'],
    ['content that is no list', message.replace(/"content":\[.*?\]/, '"content":"x"')],
    ['something behind it', `${message}{}`],
    ['an end that is missing', message.slice(0, -10)],
    ['no JSON', 'Hello'],
  ])('takes the long way: %s', (_, text) => expect(spliceResponse(bytesOfText(text), extra)).toBeNull())
})

const frame = (type: string, members: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
const startFrame = frame('message_start', {
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 },
  },
})
const blockFrames = [
  frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Grü' } }),
  'event: ping\ndata: {"type": "ping"}\n\n',
  frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'ße' } }),
  frame('content_block_stop', { index: 0 }),
]
const deltaFrame = frame('message_delta', {
  delta: { stop_reason: 'end_turn', stop_sequence: null },
  usage: { output_tokens: 7 },
})
const stopFrame = frame('message_stop', {})
const stream = [startFrame, ...blockFrames, deltaFrame, stopFrame].join('')

function writing(options: Partial<StreamWriting> = {}): StreamWriting {
  return { extra, asked, includeUsage: true, choices: 1, rawResponse: false, started: 0, now: () => 0, ...options }
}

/** What goes out while a body comes in in pieces, and ends. */
function spliced(
  pieces: readonly string[],
  options: Partial<StreamWriting> = {},
): { text: string; stream: ReplyStream } {
  const splicer = spliceEvents(writing(options))
  const text = pieces.map((piece) => splicer.push(piece)).join('')
  return { text: textOfBytes(text + splicer.end()), stream: splicer }
}

function framesOf(text: string): Frame[] {
  return serverSentEvents
    .reader()
    .push(bytesOfText(text))
    .map(({ event, data }) => ({ event, data }))
}

describe('a stream', () => {
  const body = bytesOfText(stream)

  it('keeps its events, and gets ours into the first and the last that speak of the message', () => {
    const { text, stream: spliced_ } = spliced([body])
    const withoutOurs = text.replaceAll(/,"extra_fields":\{.*?\}(?=\}\n)/g, '')
    expect(withoutOurs).toBe(stream.replace('{"type": "ping"}', '{"type": "ping"}'))
    expect(text.match(/extra_fields/g)).toHaveLength(2)
    expect(spliced_.progress).toMatchObject({ committed: true, complete: true, done: true, error: undefined })
    expect(spliced_.progress.usage).toMatchObject({ inputTokens: 15, outputTokens: 7 })
    expect(messageOf(framesOf(text))).toMatchObject({ content: [{ text: 'Grüße' }], stop_reason: 'end_turn' })
  })

  it('is the same however it arrives', () => {
    const { text } = spliced([body])
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(body.length), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.toSorted((one, other) => one - other), body.length]
        const pieces = at.slice(1).map((end, index) => body.slice(at[index], end))
        expect(spliced(pieces).text).toBe(text)
      }),
    )
  })

  it('has no end where it was cut, unless only its end is missing', () => {
    const reasonAt = body.indexOf(bytesOfText(deltaFrame)) + deltaFrame.length
    for (let length = 0; length < body.length; length++) {
      const { text, stream: cut } = spliced([body.slice(0, length)])
      const whole = length >= reasonAt
      expect(cut.progress.done).toBe(whole)
      expect(cut.progress.error?.failure).toBe(whole ? undefined : 'upstream-cut')
      expect(text.includes('message_stop')).toBe(whole)
    }
  })

  it('is committed by its first content, and complete by its reason', () => {
    const splicer = spliceEvents(writing())
    const seen = [startFrame, ...blockFrames, deltaFrame, stopFrame].map((text) => {
      splicer.push(bytesOfText(text))
      const { committed, complete, done } = splicer.progress
      return [committed, complete, done]
    })
    expect(seen).toEqual([
      [false, false, false],
      ...blockFrames.map(() => [true, false, false]),
      [true, true, false],
      [true, true, true],
    ])
  })

  it('tells the cost beside the counts', () => {
    const { text, stream: priced } = spliced([body], { price: dime })
    expect(messageOf(framesOf(text))['usage']).toMatchObject({ output_tokens: 7, cost: { total_cost: 0.1 } })
    expect(priced.progress.usage?.cost?.total).toBe(100_000_000)
  })

  it('shows what the provider sent, where that was asked for', () => {
    const { text } = spliced([body], { rawResponse: true })
    const raw = framesOf(text).map(({ data }) => JSON.parse(data).extra_fields?.raw_response)
    expect(raw[1]).toEqual({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })
  })

  it('names events that came without a name, and leaves out an end that is not of this wire', () => {
    const nameless = stream.replaceAll(/^event: .*\n/gm, '')
    expect(spliced([bytesOfText(`${nameless}data: [DONE]\n\n`)]).text).toBe(spliced([body]).text)
  })

  it('passes events on that are newer than this house', () => {
    const news = frame('new_event', { of: 'something' })
    expect(spliced([bytesOfText(startFrame + news + blockFrames.join('') + deltaFrame + stopFrame)]).text).toContain(
      news,
    )
  })

  it('may have no content at all', () => {
    const { stream: empty } = spliced([bytesOfText(startFrame + deltaFrame + stopFrame)])
    expect(empty.progress).toMatchObject({ committed: true, done: true, error: undefined })
  })

  it.each<[string, string, object]>([
    ['no JSON', 'event: message_delta\ndata: {"type":\n\n', { failure: 'upstream-unreadable' }],
    ['no object', 'data: 7\n\n', { failure: 'upstream-unreadable' }],
    ['an end without a reason', stopFrame, { failure: 'upstream-cut' }],
    [
      'an error',
      frame('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }),
      { failure: 'upstream-error', status: 529, message: 'Overloaded' },
    ],
    [
      'an error in another form',
      'event: error\ndata: {"message":"Grün"}\n\n',
      { failure: 'upstream-error', message: 'Grün' },
    ],
  ])('fails: %s', (_, text, error) => {
    const { stream: failed, text: out } = spliced([bytesOfText(startFrame + blockFrames.join('') + text)])
    expect(failed.progress.error).toMatchObject(error)
    expect(out).not.toContain('message_stop')
    const [told] = framesOf(textOfBytes(failed.failure(failed.progress.error!)))
    expect(told?.event).toBe('error')
    expect(JSON.parse(told!.data)).toMatchObject({ type: 'error', error: { type: expect.any(String) } })
  })
})
