/** Streams cut at every byte and chopped in any way: a cut never looks like an end, and the pieces never change what the client reads. */

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readJson } from '../src/core/parse-json.ts'
import { asked } from '../src/dialects/asked.conformance.ts'
import { spliceEvents } from '../src/dialects/openai-chat/splice-stream.ts'
import { customProviderAt, openTestHouse, type TestHouse } from './support/house.ts'
import { chat, postStream, type StreamReply } from './support/http.ts'
import { openRawUpstream, type RawReply, type RawUpstream } from './support/raw-upstream.ts'
import { type RecordedStream, recordedStreams, smallest } from './support/recorded-streams.ts'

function splicer(stream: RecordedStream, includeUsage = false) {
  return spliceEvents({
    extra: { requestType: 'chat_completion_stream', provider: 'raw', modelRequested: 'm', latency: 0, chunkIndex: 0 },
    asked,
    includeUsage,
    choices: stream.choices,
    rawResponse: false,
    started: 0,
    now: () => 0,
  })
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

/** Everything for the client, from a provider that sends these pieces and ends. */
function spliced(stream: RecordedStream, pieces: readonly Uint8Array[], includeUsage = false) {
  const reply = splicer(stream, includeUsage)
  let text = ''
  for (const piece of pieces) text += reply.push(latin1(piece))
  text += reply.end()
  const { error } = reply.progress
  return { text: error === undefined ? text : text + reply.failure(error), error }
}

/** How many bytes it takes until every choice has said why it ended. */
function completeAt(stream: RecordedStream): number {
  const reply = splicer(stream)
  for (let at = 0; at < stream.bytes.length; at++) {
    reply.push(latin1(stream.bytes.subarray(at, at + 1)))
    if (reply.progress.complete) return at + 1
  }
  throw new Error(`${stream.name} is never complete`)
}

function piecesAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other), bytes.length]
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place))
}

describe.each(recordedStreams.map((stream) => [stream.name, stream] as const))('%s', (_, stream) => {
  const { bytes } = stream
  const wholeText = spliced(stream, [bytes]).text

  test('is a success when it is whole', () => {
    expect(wholeText.match(/data: \[DONE\]\n\n/g)).toHaveLength(1)
    expect(wholeText).toMatch(/\[DONE\]\n\n$/)
    expect(wholeText).not.toContain('"status_code"')
    expect(wholeText).toContain('"total_tokens"')
  })

  test('cut at every byte it is an error until it is complete', () => {
    const complete = completeAt(stream)
    for (let cut = 0; cut < bytes.length; cut++) {
      const { text, error } = spliced(stream, [bytes.subarray(0, cut)])
      if (cut < complete) {
        expect.soft(error, `cut at ${cut}`).toBeDefined()
        expect.soft(text.match(/"status_code"/g), `cut at ${cut}`).toHaveLength(1)
        expect.soft(text, `cut at ${cut}`).not.toContain('[DONE]')
        // What came before the cut is what would have come without it.
        const before = text.slice(0, text.lastIndexOf('data: '))
        expect.soft(wholeText.startsWith(before), `cut at ${cut}`).toBe(true)
      } else {
        expect.soft(error, `cut at ${cut}`).toBeUndefined()
        expect.soft(text, `cut at ${cut}`).toMatch(/data: \[DONE\]\n\n$/)
      }
    }
  })

  test('cut in pieces of any size it is the same', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 60 }), fc.boolean(), (cuts, includeUsage) => {
        const pieces = piecesAt(bytes, cuts)
        expect(spliced(stream, pieces, includeUsage).text).toBe(spliced(stream, [bytes], includeUsage).text)
      }),
      { numRuns: 150 },
    )
  })

  test('byte by byte it is the same', () => {
    const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
    expect(spliced(stream, single).text).toBe(wholeText)
  })
})

describe('over sockets', () => {
  let raw: RawUpstream
  let house: TestHouse
  /** The reply for a model's name. */
  const replies = new Map<string, RawReply>()

  beforeAll(async () => {
    raw = await openRawUpstream(({ text }) => replies.get((readJson(text) as { model: string }).model)!)
    house = await openTestHouse({ config: { providers: { raw: customProviderAt(raw.url) } } })
  })
  afterAll(async () => {
    await house.close()
    await raw.close()
  })

  async function ask(name: string, stream: RecordedStream, reply: RawReply): Promise<StreamReply> {
    replies.set(name, reply)
    const answer = await postStream(house, chat(`raw/${name}`, 'Hi', { n: stream.choices }))
    replies.delete(name)
    return answer
  }

  /** Runs the tasks, a few at a time. */
  async function several<Item>(items: readonly Item[], task: (item: Item) => Promise<void>): Promise<void> {
    const left = items.values()
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const item of left) await task(item)
      }),
    )
  }

  function expectFailure({ status, text, json, events, broken }: StreamReply, place: string): void {
    expect.soft(text, place).not.toContain('[DONE]')
    expect.soft(broken, place).toBe(false)
    if (status !== 200) {
      expect.soft(json?.status_code, place).toBe(status)
      return
    }
    const errors = events.filter((event) => event.status_code !== undefined)
    expect.soft(errors, place).toHaveLength(1)
    expect.soft(events.at(-1), place).toBe(errors[0])
  }

  const framings = [
    { framing: 'chunked', ending: 'cut' },
    { framing: 'chunked', ending: 'whole' },
    { framing: 'length', ending: 'cut' },
    { framing: 'until-close', ending: 'whole' },
  ] as const

  test.each(framings)('cut at every byte: $framing, $ending', async (framing) => {
    const complete = completeAt(smallest)
    const statuses = new Set<number>()
    await several([...smallest.bytes.keys()], async (cut) => {
      const place = `${framing.framing} ${framing.ending} ${cut}`
      const reply = await ask(place, smallest, { ...framing, pieces: [smallest.bytes.subarray(0, cut)] })
      statuses.add(reply.status)
      if (cut < complete) return expectFailure(reply, place)
      expect.soft(reply.status, place).toBe(200)
      // Complete: neither a missing end nor a broken connection takes anything away.
      expect.soft(reply.events.at(-1), place).toBe('[DONE]')
      expect
        .soft(
          reply.events.some((event) => event.status_code !== undefined),
          place,
        )
        .toBe(false)
    })
    expect(statuses.has(200)).toBe(true)
    expect(statuses.size).toBeGreaterThan(1)
  })

  test.each(recordedStreams.map((stream) => [stream.name, stream] as const))(
    'cut here and there: %s',
    async (_, stream) => {
      const complete = completeAt(stream)
      const places = [...stream.bytes.keys()].filter((cut) => cut < complete && cut % 23 === 5)
      await several(places, async (cut) => {
        const framing = framings[cut % framings.length]!
        const place = `${stream.name} ${framing.framing} ${cut}`
        expectFailure(await ask(place, stream, { ...framing, pieces: [stream.bytes.subarray(0, cut)] }), place)
      })
    },
  )

  test.each(recordedStreams.map((stream) => [stream.name, stream] as const))('in any pieces: %s', async (_, stream) => {
    const quiet = (text: string) => text.replaceAll(/"latency":\d+/g, '"latency":0').replaceAll('"in pieces', '"whole')
    const name = (kind: string) => `${kind} ${stream.name}`
    const { text } = await ask(name('whole'), stream, { framing: 'chunked', pieces: [stream.bytes] })
    expect(text).toMatch(/data: \[DONE\]\n\n$/)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { maxLength: 40 }),
        fc.constantFrom('chunked', 'length', 'until-close'),
        async (cuts, framing) => {
          const pieces = piecesAt(stream.bytes, cuts)
          const reply = await ask(name('in pieces'), stream, { framing, pieces })
          expect(quiet(reply.text)).toBe(quiet(text))
        },
      ),
      { numRuns: 12 },
    )
  })
})
