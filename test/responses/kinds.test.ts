/**
 * Every scene over every kind of upstream, whole and streamed, with the official SDK as client. All that it was sent goes through the grammar checker and
 * OpenAI's published schema, and the kinds give the same events in the same order.
 */
import type { ResponseStreamParams } from 'openai/lib/responses/ResponseStream'
import type { Response } from 'openai/resources/responses/responses'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventsOf, folded } from '../support/responses-grammar.ts'
import { type Facts, type Kind, type KindName, kinds, openResponsesHouse, type ResponsesHouse } from './kinds.ts'
import { type Scene, scenes } from './scenes.ts'

let open: ResponsesHouse

beforeAll(async () => {
  open = await openResponsesHouse()
})
afterAll(() => open.close())
afterEach(async () => {
  await open.recorder.check()
})

interface Heard {
  readonly response: Response
  readonly facts: Facts
  readonly dropped: string
}

async function ask(kind: Kind, { model, body }: Scene, stream: boolean): Promise<Heard> {
  const params = { ...body, model: `${kind.provider}/${model}` }
  const { responses } = open.client
  const response: Response = stream
    ? await responses.stream(params as object as ResponseStreamParams).finalResponse()
    : await responses.create({ ...params, stream: false })
  const dropped = open.recorder.recordings.at(-1)!.headers.get('x-asbru-dropped-params') ?? ''
  return { response, facts: kind.facts(open.last()), dropped }
}

/** What must not differ between whole and streamed: ids and times are new each time, and the helper puts beside it what it has parsed. */
function meaning({ response }: Heard): unknown {
  return JSON.parse(JSON.stringify(response, (key, value) => (fresh.has(key) ? undefined : value)))
}

const fresh = new Set([
  ...['id', 'call_id', 'created_at', 'completed_at', 'encrypted_content', 'extra_fields'],
  ...['parsed', 'parsed_arguments', 'output_parsed', '_request_id'],
])

for (const kind of kinds)
  describe(`over ${kind.name}`, () => {
    for (const scene of scenes) {
      it.each([false, true])(`${scene.name} (streamed: %s)`, async (stream) => {
        const { response, facts, dropped } = await ask(kind, scene, stream)
        expect(open.last().path).toBe(kind.path)
        const lacks = scene.lacks?.[kind.name]
        if (lacks === undefined) scene.check?.(response, facts, kind.name)
        else expect(dropped).toMatch(lacks)
      })

      it(`${scene.name}: whole and streamed mean the same`, async () => {
        const [whole, streamed] = [await ask(kind, scene, false), await ask(kind, scene, true)]
        expect(meaning(streamed)).toEqual(meaning(whole))
      })
    }
  })

/**
 * The events by whose they are: those of the response, and those of each item. Chat completions do not say when a call ends and the next begins, so
 * that calls stand open side by side there and one after the other elsewhere; each has the same events.
 */
function grammar(text: string): Record<string, string[]> {
  const events = Map.groupBy(eventsOf(text), (event) => String(event['output_index'] ?? 'response'))
  return Object.fromEntries(
    [...events].map(([whose, list]) => [whose, onePart(folded(list.map((event) => String(event['type']))))]),
  )
}

/** In how many parts a thought is told is the provider's own affair. */
function onePart(types: readonly string[]): string[] {
  const begin = 'response.reasoning_summary_part.added'
  const [first, last] = [types.indexOf(begin), types.lastIndexOf(begin)]
  return [...types.slice(0, Math.max(first, 0)), ...types.slice(Math.max(last, 0))]
}

describe('the kinds give the same events in the same order', () => {
  it.each(scenes)('$name', async (scene) => {
    const told = new Map<KindName, Record<string, string[]>>()
    for (const kind of kinds) {
      if (scene.lacks?.[kind.name] !== undefined || scene.unlike?.[kind.name] !== undefined) continue
      await ask(kind, scene, true)
      told.set(kind.name, grammar(await open.recorder.lastStream()))
    }
    const [first] = told.values()
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries([...told.keys()].map((name) => [name, first])))
  })
})
