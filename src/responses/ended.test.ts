/** Streams that nobody makes any more: whatever was shown of them, they are whole with their end. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eventsOf, grammarFaults } from '../../test/support/responses-grammar.ts'
import { schemaFaults } from '../../test/support/responses-schema/validate.ts'
import { givenUp } from './ended.ts'
import { framesIn } from './frames.ts'

const fixtures = new URL('../dialects/openai-responses/fixtures-client/', import.meta.url)
const streams = readdirSync(fixtures)
  .filter((name) => name.startsWith('reply-'))
  .flatMap((name): [string, string[]][] => {
    try {
      return [[name, framesIn(readFileSync(new URL(`${name}/stream.sse`, fixtures), 'utf8'))]]
    } catch {
      return []
    }
  })
  .filter(([, frames]) => grammarFaults(frames.join('')).length === 0 && frames[0]?.includes('response.created'))

const standingOf = (frames: readonly string[]) => ({ ...eventsOf(frames[0]!)[0]!['response'], status: 'queued' })

describe('given up behind every event', () => {
  it('has streams to try', () => expect(streams.length).toBeGreaterThan(5))

  it.each(streams)('%s fails', (_, frames) => {
    const error = { code: 'server_error', message: 'Nobody has made it.' }
    for (let cut = 0; cut < frames.length; cut++) {
      const shown = frames.slice(0, cut)
      const { frames: added, object } = givenUp(shown, standingOf(frames), { status: 'failed', error })
      const whole = [...shown, ...added].join('')
      expect({ cut, faults: grammarFaults(whole) }).toEqual({ cut, faults: [] })
      for (const event of eventsOf(added.join(''))) expect(schemaFaults('event', event)).toEqual([])
      expect(eventsOf(whole).at(-1)).toMatchObject({ type: 'response.failed', response: object })
      expect(object).toMatchObject({ status: 'failed', error })
    }
  })

  it.each(streams)('%s is cancelled, with what came of it', (_, frames) => {
    for (let cut = 0; cut < frames.length; cut++) {
      const shown = frames.slice(0, cut)
      const { frames: added, object } = givenUp(shown, standingOf(frames), { status: 'cancelled' })
      const events = eventsOf([...shown, ...added].join(''))
      const begun = events.filter((event) => event['type'] === 'response.output_item.added').length
      expect(object['output']).toHaveLength(begun)
      expect(events.at(-1)).toMatchObject({
        type: 'response.incomplete',
        response: { status: 'cancelled', error: null },
      })
    }
  })
})
