/**
 * Every client dialect over every provider dialect, in every scene, whole and streamed, with the official SDKs as clients and the strict
 * simulator as provider. A cell passes, or docs/translation.md says why the pair cannot express it; the whole and the streamed answer mean the same.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anthropic, type Client, type Heard, openai } from './matrix/clients.ts'
import { exceptionFor } from './matrix/exceptions.ts'
import { type Facts, type MatrixProvider, matrixProviders } from './matrix/providers.ts'
import { type Scene, scenes } from './matrix/scenes.ts'
import { matrixTable, reasonTable } from './matrix/table.ts'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'

let house: TestHouse

beforeAll(async () => {
  house = await openTestHouse({
    config: (url) => ({
      providers: Object.fromEntries(matrixProviders.map(({ id, keys }) => [id, providerAt(url, {}, keys(url))])),
    }),
  })
})
afterAll(() => house.close())

for (const client of [openai, anthropic]) {
  for (const provider of matrixProviders) {
    describe(`${client.name} → ${provider.name}`, () => {
      for (const scene of scenes) cellTests(client, provider, scene)
    })
  }
}

function cellTests(client: Client, provider: MatrixProvider, scene: Scene): void {
  const exception = exceptionFor(scene.name, provider.name)
  const modes = [false, true] as const
  // There is nothing to ask.
  if (exception?.what.kind === 'unseen') return
  if (scene.status !== undefined) {
    it.each(modes)(`${scene.name} (streamed: %s)`, async (stream) => {
      const error = await ask(client, provider, scene, stream).then(() => undefined, client.failure)
      expect(error).toMatchObject({ status: scene.status, message: expect.stringMatching(/\S/) })
    })
    return
  }
  it.each(modes)(`${scene.name} (streamed: %s)`, async (stream) => {
    const first = await ask(client, provider, scene, stream)
    if (exception === undefined) scene.check?.(first.heard.reading, first.facts)
    const second = scene.goesOn ? await ask(client, provider, scene, stream, first.heard) : undefined
    if (exception === undefined && second) scene.checkSecond?.(second.heard.reading, second.facts, first.heard.reading)
    if (exception?.what.kind === 'named') {
      const { words } = exception.what
      expect((second ?? first).heard.reading.dropped.filter((path) => words.test(path))).not.toEqual([])
    }
  })
  it(`${scene.name}: whole and streamed mean the same`, async () => {
    const [whole, streamed] = [await ask(client, provider, scene, false), await ask(client, provider, scene, true)]
    expect(meaning(streamed.heard)).toEqual(meaning(whole.heard))
  })
}

describe('docs/translation.md', () => {
  const page = readFileSync(new URL('../docs/translation.md', import.meta.url), 'utf8')
  it('has the table of the cells', () => expect(page).toContain(matrixTable()))
  it('says why a cell does not pass', () => expect(page).toContain(reasonTable()))
})

/** What must not differ between the two: ids are new each time. */
function meaning({ reading }: Heard): object {
  return { ...reading, calls: reading.calls.map(({ name, arguments: given }) => ({ name, given: JSON.parse(given) })) }
}

async function ask(
  client: Client,
  provider: MatrixProvider,
  scene: Scene,
  stream: boolean,
  first?: Heard,
): Promise<{ heard: Heard; facts: Facts }> {
  const word = typeof scene.model === 'string' ? scene.model : scene.model(provider.name)
  const heard = await client.ask(house.url, `${provider.id}/${provider.model(word)}`, scene, stream, first)
  const request = house.simulator.requests.at(-1)!
  return { heard, facts: provider.facts(request) }
}
