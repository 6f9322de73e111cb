import { describe, expect, it } from 'vitest'
import type { Loose } from './responses-grammar/frames.ts'
import { beginning, goodStreams, numbered, streamText } from './responses-grammar/good-streams.ts'
import { mutations, without } from './responses-grammar/mutations.ts'
import { foldedTypes, grammarFaults } from './responses-grammar.ts'

const names = Object.keys(goodStreams) as (keyof typeof goodStreams)[]

describe('a stream as it should be', () => {
  it.each(names)('passes: %s', (name) => expect(grammarFaults(streamText(goodStreams[name]))).toEqual([]))

  it.each(names)('passes with comments and CR LF: %s', (name) => {
    const text = `: hello\n\n${streamText(goodStreams[name])}`.replaceAll('\n\n', '\n\n: keep-alive\n\n')
    expect(grammarFaults(text.replaceAll('\n', '\r\n'))).toEqual([])
  })

  it.each(names)('passes from every event on that a client may come back at: %s', (name) => {
    const events = goodStreams[name]
    for (let from = 1; from < events.length; from++)
      expect(grammarFaults(streamText(events.slice(from)), { from })).toEqual([])
  })

  it('passes without extra_fields where a provider sent it', () => {
    for (const name of names) {
      const text = streamText(goodStreams[name].map(({ extra_fields, ...event }) => event))
      expect(grammarFaults(text, { source: 'provider' })).toEqual([])
    }
  })

  it("passes a provider's error before the response that failed by it", () => {
    const failed = goodStreams.broken.at(-1)!
    const events = numbered([...beginning(), { type: 'error', message: 'Oh.' }, failed])
    expect(grammarFaults(streamText(events), { source: 'provider' })).toEqual([])
  })
})

describe('a stream with a fault', () => {
  it.each(mutations)('is found: $name', ({ of = 'everything', events: change, text, keepNumbers, fault }) => {
    const copy = structuredClone(goodStreams[of]) as Loose[]
    const given = change?.(copy)
    const events: Loose[] = Array.isArray(given) ? given : copy
    const written = streamText(keepNumbers || change === undefined ? events : numbered(events))
    const said = grammarFaults(text?.(written) ?? written).map(({ event, message }) => `${event} ${message}`)
    expect(said.join('\n')).toMatch(fault)
  })

  it('is found wherever an event is missing, whatever it is', () => {
    for (const name of names)
      for (const [index, { type }] of goodStreams[name].entries()) {
        const faults = grammarFaults(streamText(numbered(goodStreams[name].toSpliced(index, 1))))
        // A step of a tool, a waiting and an unknown event can be missing, and a delta that is numbered again is missed by its done.
        const free = /queued|web_search_call\.|dream\.begun/.test(type)
        expect({ name, type, index, found: faults.length > 0 }).toEqual({ name, type, index, found: !free })
      }
  })

  it('is found wherever an event comes twice', () => {
    for (const name of names)
      for (const [index, event] of goodStreams[name].entries()) {
        const faults = grammarFaults(streamText(numbered(goodStreams[name].toSpliced(index, 0, event))))
        const free = /web_search_call\.|dream\.begun/.test(event['type'])
        expect({ name, index, found: faults.length > 0 }).toEqual({ name, index, found: !free })
      }
  })

  it('says at which event', () => {
    const [fault] = grammarFaults(streamText(numbered(without('output_item.added')(goodStreams.everything))))
    expect(fault).toEqual({
      event: 2,
      message: 'response.reasoning_summary_part.added: No item was added at output index 0.',
    })
  })
})

describe('the types of a stream', () => {
  it('are told with deltas that follow each other as one', () => {
    expect(foldedTypes(streamText(goodStreams.mixed))).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.output_item.done',
      'response.completed',
    ])
  })
})
