/** Streams that keep their bytes on the way from a provider of this wire to a client of it. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Loose } from '../../../test/support/responses-grammar/frames.ts'
import { grammarFaults } from '../../../test/support/responses-grammar.ts'
import { schemaFaults } from '../../../test/support/responses-schema/validate.ts'
import { bytesOfText, textOfBytes } from '../../core/bytes.ts'
import { GatewayError } from '../../core/errors.ts'
import { readJson } from '../../core/parse-json.ts'
import {
  askedFor,
  eventsOf,
  frameOf,
  providerEvents,
  type Spliced,
  spliced,
  splicedPieces,
  streamOf,
  writing,
} from './splice.conformance.ts'
import { spliceEvents } from './splice-stream.ts'

const everything = providerEvents('everything')
const source = streamOf(everything)
const [created, inProgress] = everything as [Loose, Loose]
const delta = (text: string, more: object = {}): Loose => ({
  type: 'response.output_text.delta',
  item_id: 'msg_1',
  output_index: 0,
  content_index: 0,
  delta: text,
  logprobs: [],
  ...more,
})
const messageAdded: Loose = {
  type: 'response.output_item.added',
  output_index: 0,
  item: { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] },
}
const partAdded: Loose = {
  type: 'response.content_part.added',
  item_id: 'msg_1',
  output_index: 0,
  content_index: 0,
  part: { type: 'output_text', text: '', annotations: [], logprobs: [] },
}
/** The beginning of an answer, with its numbers. */
const begun = [created, inProgress, messageAdded, partAdded].map((event, index) => ({
  ...event,
  sequence_number: index,
}))

const ended = ({ events }: Spliced) => events.at(-1)!

/** What we have put in taken out again: ids and echoes are the provider's here. */
function withoutOurs(text: string): string {
  return text.replaceAll(/,"extra_fields":\{[^{}]*\}/g, '')
}

describe('a stream', () => {
  it('keeps its events, and each gets what tells how it was served', () => {
    const events = everything.map((event) =>
      event['response'] === undefined ? event : { ...event, response: { ...full(event['response']) } },
    )
    const text = streamOf(events)
    const told = spliced(text, { asked: askedFor({ model: 'gpt-5', input: 'Hi' }) }).text
    expect(withoutOurs(told)).toBe(text)
    expect(told.match(/"extra_fields"/g)).toHaveLength(events.length + 3)
  })

  it('obeys the grammar, and every event is of its published type', () => {
    const known = everything.filter(({ type, item }) => !String(type).includes('dream') && item?.type !== 'dream')
    const events = known.map((event, sequence_number) => ({ ...withoutDreams(event), sequence_number }))
    const { text, events: told, stream } = spliced(streamOf(events))
    expect(grammarFaults(text)).toEqual([])
    expect(told.flatMap((event) => schemaFaults('event', event))).toEqual([])
    expect(stream.progress).toMatchObject({ committed: true, complete: true, done: true, error: undefined })
    expect(stream.progress.usage).toMatchObject({ inputTokens: 9, outputTokens: 5, input: { cachedRead: 4 } })
  })

  it('lets items and events pass that nobody has heard of', () => {
    const { text, events } = spliced(source)
    expect(grammarFaults(text)).toEqual([])
    expect(events.map(({ type }) => type)).toEqual(everything.map(({ type }) => type))
  })

  it('is the same however it arrives', () => {
    const body = bytesOfText(source)
    const whole = spliced(source).text
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(body.length), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.toSorted((one, other) => one - other), body.length]
        const pieces = at.slice(1).map((end, index) => body.slice(at[index], end))
        // The clock is looked at for each event, and not for each piece.
        expect(splicedPieces(pieces).text).toBe(whole)
      }),
    )
    expect(splicedPieces([...body]).text).toBe(whole)
  })

  it.each([
    ['lines that end with carriage returns', source.replaceAll('\n', '\r')],
    ['lines that end with both', source.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${source}`],
    ['comments between the events', source.replaceAll('\n\n', '\n\n: still here\n\n')],
    ['comments within the events', source.replaceAll('\ndata', '\n: still here\ndata')],
    ['ids and other fields', source.replaceAll('\ndata', '\nid: 7\nretry: 10\nnew: x\ndata')],
    ['data without a space', source.replaceAll('\ndata: ', '\ndata:')],
    ['events without a name', source.replaceAll(/event: .*\n/g, '')],
    ['names that say something else', source.replaceAll(/event: .*\n/g, 'event: message\n')],
    ['the end of another wire', `${source}data: [DONE]\n\n`],
    ['that end in the middle', source.replace('\n\n', '\n\ndata: [DONE]\n\n')],
    ['what comes after its end', source + frameOf(delta('more')) + frameOf({ type: 'error', message: 'late' })],
    ['pings', source.replaceAll('\n\n', '\n\nevent: response.ping\ndata: {"type":"response.ping"}\n\n')],
    ['signs of life', `event: keepalive\ndata: {"type":"keepalive","sequence_number":0}\n\n${source}`],
  ])('is the same with %s', (_, text) => {
    expect(spliced(text).text).toBe(spliced(source).text)
  })

  it('may have its data on several lines, which become one', () => {
    const lines = everything.map((event) => {
      const data = JSON.stringify(event, null, 2)
        .split('\n')
        .map((line) => `data: ${line}\n`)
      return `event: ${event['type']}\n${data.join('')}\n`
    })
    const { text, events, stream } = spliced(lines.join(''))
    expect(events).toEqual(spliced(source).events)
    expect(text).toContain(textOfBytes(stream.progress.whole!))
    expect(text.split('\n\n').every((frame) => frame.split('\n').length <= 2)).toBe(true)
  })

  it('keeps what is no ASCII, at any length', () => {
    const long = '🜁ü'.repeat(200_000)
    const events = [...begun, delta(long, { sequence_number: 4 })]
    expect(spliced(streamOf(events)).events[4]).toMatchObject({ delta: long })
  })

  it('has its type wherever it stands, and the last one where there are two', () => {
    const first = `{"response":${JSON.stringify(created['response'])},"sequence_number":0,"type":"response.created"}`
    const twice =
      '{"type":"response.completed","type":"response.in_progress","sequence_number":1,"response":{"id":"x"}}'
    const { events, stream } = spliced(`data: ${first}\n\ndata: ${twice}\n\n`)
    expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['response.created', 'response.in_progress'])
    expect(stream.progress.error).toMatchObject({ failure: 'upstream-cut' })
  })

  it('gets the type that only its name says', () => {
    const { type: _, ...rest } = delta('a')
    const text = `event: response.output_text.delta\ndata: ${JSON.stringify(rest)}\n\nevent: response.new\ndata: {}\n\n`
    expect(spliced(streamOf(begun) + text).events.slice(4, 6)).toMatchObject([
      { type: 'response.output_text.delta', delta: 'a', sequence_number: 4 },
      { type: 'response.new', sequence_number: 5 },
    ])
  })

  it('lets no type out of its line', () => {
    const text = `data: {"type":"x\\ndata: {}\\n\\nevent: response.completed","sequence_number":4}\n\n`
    const { text: told, events } = spliced(streamOf(begun) + text)
    expect(events).toHaveLength(6)
    expect(told).not.toContain('\nevent: response.completed')
  })

  it.each([
    ['right', (index: number) => index],
    ['missing', () => undefined],
    ['counted from 1', (index: number) => index + 1],
    ['with gaps', (index: number) => index * 2],
    ['all the same', () => 0],
    ['no numbers', (index: number) => String(index)],
  ])('has numbers from 0 without gaps where the provider has them %s', (_, numberOf) => {
    const events = everything.map((event, index) => ({ ...event, sequence_number: numberOf(index) }))
    const { text } = spliced(streamOf(events))
    expect(grammarFaults(text)).toEqual([])
  })

  it('has one of each member where its provider is a gateway as well', () => {
    const theirs = everything.map((event) => ({
      extra_fields: { provider: 'x' },
      ...event,
      ...(event['response'] && { response: { ...event['response'], extra_fields: { provider: 'x' } } }),
    }))
    const { text, events } = spliced(streamOf(theirs))
    expect(text.match(/"extra_fields"/g)).toHaveLength(events.length + 3)
    expect(events.every(({ extra_fields: told }) => told.provider === 'openai')).toBe(true)
  })

  it('tells how long each event took, and the last the whole', () => {
    const { events } = spliced(source)
    const latencies = events.map(({ extra_fields: told }) => told.latency)
    expect(latencies.slice(0, -1).every((latency) => latency === 10)).toBe(true)
    expect(latencies.at(-1)).toBe(10 * events.length)
    expect(ended(spliced(source))['response'].extra_fields.latency).toBe(10 * events.length)
  })

  it('shows what the provider sent to who asks', () => {
    const { events } = spliced(source, { rawResponse: true })
    expect(events.map(({ extra_fields: told }) => told.raw_response)).toEqual(everything)
  })
})

/** With every member that is added otherwise. */
function full(response: Loose): Loose {
  const { response: told } = ended(spliced(source, { asked: askedFor({ model: 'gpt-5', input: 'Hi' }) }))
  const { extra_fields: _, ...defaults } = told
  return { ...defaults, ...response, usage: response['usage'] === null ? null : defaults['usage'] }
}

function withoutDreams(event: Loose): Loose {
  if (event['response'] === undefined) return event
  const output = event['response'].output.filter(({ type }: Loose) => type !== 'dream')
  return { ...event, response: { ...event['response'], output } }
}

describe('the response in its events', () => {
  const asked = askedFor({ model: 'm', input: 'Hi', previous_response_id: 'resp_before', store: false }, 'resp_ours')

  it('has the id and the echo of its client from the first event on', () => {
    const { events, stream } = spliced(source, { asked })
    const told = events.flatMap(({ response }) => (response === undefined ? [] : [response]))
    expect(told).toHaveLength(3)
    for (const response of told) {
      expect(response).toMatchObject({ id: 'resp_ours', previous_response_id: 'resp_before', store: false })
    }
    expect(stream.progress.upstreamId).toBe('resp_1')
  })

  it('is told whole in the last event, as it stands there', () => {
    const { text, stream, events } = spliced(source, { asked })
    const whole = textOfBytes(stream.progress.whole!)
    expect(text.lastIndexOf(whole)).toBeGreaterThan(0)
    expect(readJson(whole)).toEqual(ended({ text, stream, events })['response'])
  })

  it('is not told whole before', () => {
    const splicer = spliceEvents(writing())
    splicer.push(bytesOfText(streamOf(everything.slice(0, -1))))
    expect(splicer.progress.whole).toBeUndefined()
  })

  it('has its cost', () => {
    const { stream, events } = spliced(source, {
      price: (usage, facts) => {
        expect([usage.inputTokens, facts.model]).toEqual([9, 'gpt-5'])
        return { total: 1000 }
      },
    })
    expect(events.at(-1)!['response'].usage.cost).toEqual({ total_cost: 0.000001 })
    expect(stream.progress.usage?.cost).toEqual({ total: 1000 })
  })

  it('says what came of it where the provider does not say it again', () => {
    const last = everything.at(-1)!
    const items = last['response'].output
    const { output: _, ...silent } = last['response']
    for (const response of [silent, { ...silent, output: [] }]) {
      const text = streamOf([...everything.slice(0, -1), { ...last, response }])
      expect(ended(spliced(text))['response'].output).toEqual(items)
      expect(grammarFaults(spliced(text).text)).toEqual([])
    }
  })
})

describe('the point of no return', () => {
  function committedAfter(...events: Loose[]): boolean {
    const splicer = spliceEvents(writing())
    splicer.push(bytesOfText(streamOf(events)))
    return splicer.progress.committed
  }

  it.each([
    ['nothing', [], false],
    ['announcements', [created, inProgress], false],
    ['a place in the queue', [created, { type: 'response.queued', response: created['response'] }, inProgress], false],
    ['signs of life', [created, { type: 'response.ping' }, { type: 'keepalive' }], false],
    ['an item', [created, inProgress, messageAdded], true],
    ['an event nobody has heard of', [created, { type: 'response.new' }], true],
    ['an end without an answer', [created, providerEvents('nothing').at(-1)!], true],
  ])('comes with the first of an answer: %s', (_, events, expected) => {
    expect(committedAfter(...events)).toBe(expected)
  })
})

describe('a provider that tells of a failure', () => {
  const failed = (error: object | null, more: object = {}): Loose => ({
    type: 'response.failed',
    response: { ...created['response'], status: 'failed', error, ...more },
  })

  it.each([
    ['a response that failed', failed({ code: 'rate_limit_exceeded', message: 'Slow down.' }), 429, 'other-key'],
    ['a fault of the server', failed({ code: 'server_error', message: 'Oops.' }), 500, 'same-key'],
    ['a request that cannot be', failed({ code: 'invalid_prompt', message: 'No.' }), 400, 'fallback'],
    ['an image that is none', failed({ code: 'image_parse_error', message: 'No.' }), 400, 'fallback'],
    ['no reason', failed(null), 502, 'same-key'],
    ['an error', { type: 'error', code: 'rate_limit_exceeded', message: 'Slow down.', param: null }, 429, 'other-key'],
    ['an error in it', { type: 'error', error: { type: 'invalid_request_error', message: 'No.' } }, 400, 'fallback'],
    ['a cancellation', { type: 'response.cancelled', response: { id: 'x', status: 'cancelled' } }, 502, 'same-key'],
  ])('before it answers lets others be asked: %s', (_, event, status, remedy) => {
    const splicer = spliceEvents(writing())
    splicer.push(bytesOfText(streamOf([created, inProgress, event])))
    const { committed, error } = splicer.progress
    expect({ committed, status: error?.status, remedy: error?.remedy }).toEqual({ committed: false, status, remedy })
  })

  it('by an event without a type says so as well', () => {
    const { stream, events } = spliced('data: {"error":{"message":"Grüße","code":429}}\n\n')
    expect(stream.progress.error).toMatchObject({ message: 'Grüße', details: { status: 429 } })
    expect(events).toMatchObject([{ type: 'error', message: 'Grüße', sequence_number: 0 }])
  })

  it('in the middle of an answer is told as it told it', () => {
    const error = { code: 'server_error', message: 'Oops.', new: 1.0 }
    const events = [...begun, delta('a', { sequence_number: 4 })]
    const item = { ...messageAdded['item'], status: 'incomplete', content: [{ ...partAdded['part'], text: 'a' }] }
    const told = spliced(streamOf([...events, { ...failed(error, { output: [item] }), sequence_number: 5 }]))
    expect(grammarFaults(told.text)).toEqual([])
    expect(ended(told)).toMatchObject({ type: 'response.failed', response: { id: 'resp_ours', error, output: [item] } })
    expect(readJson(textOfBytes(told.stream.progress.whole!))).toEqual(ended(told)['response'])
    expect(told.stream.progress).toMatchObject({ done: false, error: { message: 'Oops.' } })
  })

  it('and not of what has come so far has that told for it', () => {
    const events = [...begun, delta('Grü', { sequence_number: 4 }), failed({ code: 'server_error', message: 'Oops.' })]
    const told = spliced(streamOf(events))
    expect(grammarFaults(told.text)).toEqual([])
    expect(ended(told)['response'].output).toMatchObject([{ status: 'incomplete', content: [{ text: 'Grü' }] }])
  })

  it('by an event of its own fails the response that its client knows', () => {
    const told = spliced(streamOf([...begun, { type: 'error', code: 'rate_limit_exceeded', message: 'Slow down.' }]))
    expect(grammarFaults(told.text)).toEqual([])
    expect(ended(told)['response'].error).toMatchObject({ code: 'rate_limit_exceeded', message: 'Slow down.' })
  })

  it('and quotes a secret is told with what the engine has made of it', () => {
    const splicer = spliceEvents(writing())
    splicer.push(bytesOfText(streamOf([...begun, failed({ code: 'server_error', message: 'Key sk-1 is bad.' })])))
    const text = splicer.failure(new GatewayError('upstream-error', 'Key *** is bad.'))
    expect(text).not.toContain('sk-1')
    expect(eventsOf(text)).toMatchObject([
      { type: 'response.failed', response: { error: { message: 'Key *** is bad.' } } },
    ])
  })
})

describe('a stream that is no answer to the end', () => {
  /** Every byte of a short stream; of a long one the borders of its events and the middle of each. */
  const cuts = {
    mixed: (body: string) => [...body].map((_, end) => end),
    everything: (body: string) =>
      [...body.matchAll(/event: .*\ndata: .*\n\n/g)].flatMap(({ index, 0: frame }) => {
        const end = index + frame.length
        return [index, index + frame.length / 2, end - 2, end - 1]
      }),
  }

  it.each(['mixed', 'everything'] as const)(
    'cut anywhere fails, in the grammar, and with what came of it: %s',
    (name) => {
      const body = bytesOfText(streamOf(providerEvents(name)))
      const items = ended(spliced(textOfBytes(body)))['response'].output
      let before = ''
      let tellsSome = 0
      for (const end of cuts[name](body)) {
        const told = splicedPieces([body.slice(0, end)])
        // What is told depends on the events that are whole.
        if (told.text === before) continue
        before = told.text
        expect(grammarFaults(told.text), String(end)).toEqual([])
        const last = ended(told)
        expect(['error', 'response.failed'], String(end)).toContain(last['type'])
        expect(told.text).not.toContain('event: response.completed')
        if (last['type'] === 'error') {
          expect(told.stream.progress.whole).toBeUndefined()
          continue
        }
        const { output } = last['response']
        expect(last['response']).toMatchObject({ id: 'resp_ours', status: 'failed', model: 'gpt-5' })
        expect(readJson(textOfBytes(told.stream.progress.whole!))).toEqual(last['response'])
        if (output.length > 0) tellsSome++
        expect(output.slice(0, -2)).toEqual(items.slice(0, Math.max(0, output.length - 2)))
      }
      expect(tellsSome).toBeGreaterThan(5)
    },
  )

  it('has what it says of its published type, also where it was cut', () => {
    const known = everything.filter(({ type, item }) => !String(type).includes('dream') && item?.type !== 'dream')
    for (let count = 0; count < known.length; count++) {
      const told = spliced(streamOf(known.slice(0, count)))
      expect(schemaFaults('event', ended(told)), String(count)).toEqual([])
    }
  })

  it('says of a text what came of it, escaped or not', () => {
    const pieces = ['Gr', 'ü', '\u{1F701}', 'e\\"\\n', '\\u00fc\\ud83d\\ude01', 'ü\\u00e9']
    const frames = pieces.map(
      (piece) =>
        `data: {"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"${piece}"}\n\n`,
    )
    const told = spliced(streamOf(begun) + frames.join(''))
    expect(ended(told)['response'].output[0].content[0].text).toBe('Grü\u{1F701}e"\nü\u{1F601}üé')
  })

  it('has the response failed with the reason of whoever gave up', () => {
    const splicer = spliceEvents(writing())
    splicer.push(bytesOfText(streamOf(begun)))
    const [event] = eventsOf(textOfBytes(splicer.failure(new GatewayError('upstream-timeout', 'No more from it.'))))
    expect(event).toMatchObject({
      type: 'response.failed',
      sequence_number: 4,
      response: { status: 'failed', error: { code: 'server_error', message: 'No more from it.' }, usage: null },
    })
  })

  it.each([
    ['completed while an item is open', [...begun, { type: 'response.completed', response: { id: 'x', output: [] } }]],
    ['completed without a response', [...begun.slice(0, 2), { type: 'response.completed' }]],
    ['completed by a response that is a text', [...begun.slice(0, 2), { type: 'response.completed', response: 'x' }]],
    ['begun without a response', [{ type: 'response.created' }]],
  ])('fails where it says that it is %s', (_, events) => {
    const told = spliced(streamOf(events))
    expect(told.stream.progress).toMatchObject({ complete: false, done: false, error: expect.any(GatewayError) })
    expect(told.text).not.toContain('event: response.completed')
  })

  it.each([
    ['that is no JSON', 'Hello'],
    ['that is cut', '{"type":"response.completed","response":{"id":"resp_1","output":[]}'],
    ['that is a list', '[]'],
    ['that is null', 'null'],
    ['that is too deep', `{"type":"x","a":${'['.repeat(2000)}${']'.repeat(2000)}}`],
  ])('fails with an event %s', (_, data) => {
    const told = spliced(`${streamOf(begun)}data: ${data}\n\n${streamOf(everything.slice(-1))}`)
    expect(told.stream.progress.error).toMatchObject({ failure: 'upstream-unreadable' })
    expect(ended(told)).toMatchObject({ type: 'response.failed' })
    expect(grammarFaults(told.text)).toEqual([])
  })

  it('fails where its items have numbers that are none', () => {
    const wild = [-1, 1e9, 0.5, '0', null].flatMap((output_index) => [
      { ...messageAdded, output_index },
      { ...partAdded, output_index, content_index: output_index },
      delta('a', { output_index, content_index: output_index }),
    ])
    const told = spliced(streamOf([...begun, ...wild, delta('b', { content_index: '__proto__' })]))
    expect(ended(told)).toMatchObject({ type: 'response.failed' })
    expect(ended(told)['response'].output).toHaveLength(2)
  })
})
