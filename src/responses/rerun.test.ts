/** A response that is made again: whatever was shown of the first answer and whatever the second one is, together they are one stream. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Loose } from '../../test/support/responses-grammar/frames.ts'
import { goodStreams, streamText } from '../../test/support/responses-grammar/good-streams.ts'
import { eventsOf, grammarFaults } from '../../test/support/responses-grammar.ts'
import { schemaFaults } from '../../test/support/responses-schema/validate.ts'
import { framesIn } from './frames.ts'
import { Rerun } from './rerun.ts'

const fixtures = new URL('../dialects/openai-responses/fixtures-client/', import.meta.url)

/** Streams with one id, as every answer to one call has. */
function streams(): [string, string[]][] {
  const recorded = readdirSync(fixtures)
    .filter((name) => name.startsWith('reply-') && name !== 'reply-broken-before-it-began')
    .flatMap((name): [string, string][] => {
      try {
        return [[name, readFileSync(new URL(`${name}/stream.sse`, fixtures), 'utf8')]]
      } catch {
        return []
      }
    })
  const made = Object.entries(goodStreams).map(([name, events]): [string, string] => [name, streamText(events)])
  return (
    [...recorded, ...made]
      // Whatever is made in the background begins with its response.
      .filter(([, text]) => grammarFaults(text).length === 0 && text.startsWith('event: response.created'))
      .map(([name, text]) => [name, framesIn(text.replaceAll(/"resp_[0-9a-z_]+"/g, '"resp_one"'))])
  )
}

const all = streams()
const whole = (frames: readonly string[]) => frames.join('')
/** Nobody knows how an event of the future ends; another provider may answer the second time; and an answer that is whole stands beside one that was broken off. */
const expected =
  /before response\.dream_code|The model of the response was|The response is completed, and its item \d+ \(\w+\) is incomplete/
const faultsOf = (text: string) => grammarFaults(text).filter(({ message }) => !expected.test(message))
const lastOf = (frames: readonly string[]) => eventsOf(frames.at(-1)!)[0] as Loose

describe('made again', () => {
  it('has streams to try', () => expect(all.length).toBeGreaterThan(15))

  it.each(all)('%s, the same: nothing is shown twice, and nothing is missing', (_, frames) => {
    for (let cut = 0; cut <= frames.length - 1; cut++) {
      const rerun = new Rerun(frames.slice(0, cut))
      const added = frames.flatMap((frame) => rerun.push(frame))
      expect(eventsOf(whole([...frames.slice(0, cut), ...added]))).toEqual(eventsOf(whole(frames)))
    }
  })

  it.each(all)('%s, with ids of its own: those that were shown stay', (_, frames) => {
    const again = frames.map((frame) => frame.replaceAll(/"((?:msg|rs|fc|ctc|ig)_)/g, '"$1new_'))
    const cut = frames.findIndex((frame) => frame.includes('output_item.added')) + 1
    if (cut === 0) return
    const rerun = new Rerun(frames.slice(0, cut))
    const together = whole([...frames.slice(0, cut), ...again.flatMap((frame) => rerun.push(frame))])
    expect(grammarFaults(together)).toEqual([])
  })

  it.each(all)('%s, another: what was open is closed, and the new answer follows', (name, frames) => {
    const others = all.filter(([other]) => other !== name)
    for (let cut = 0; cut < frames.length; cut++) {
      const [otherName, other] = others[cut % others.length]!
      const shown = frames.slice(0, cut)
      const rerun = new Rerun(shown)
      const added = other.flatMap((frame) => rerun.push(frame))
      const together = whole([...shown, ...added])
      expect({ cut, faults: faultsOf(together) }).toEqual({ cut, faults: [] })
      const end = lastOf(added)
      expect(end['type']).toBe(lastOf(other)['type'])
      expect(JSON.parse(rerun.whole(JSON.stringify(end['response'])))).toEqual(end['response'])
      // All that was begun is in the response, and so is all of the new answer.
      const begun = eventsOf(whole(shown)).filter((event) => event['type'] === 'response.output_item.added').length
      if (cut > 2 && added.length > 1) {
        expect(end['response'].output.length).toBeGreaterThanOrEqual(
          Math.max(begun, lastOf(other)['response'].output.length),
        )
      }
      // The checker's own streams have only what it looks at.
      if (!name.startsWith('reply-') || !otherName.startsWith('reply-')) continue
      for (const event of eventsOf(whole(added))) expect(schemaFaults('event', event)).toEqual([])
    }
  })
})
