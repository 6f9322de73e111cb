/** Gateways killed over background responses: whoever follows one sees a whole stream, each event once, whatever died meanwhile. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../../src/simulator/server.ts'
import { createDatabase } from '../support/postgres.ts'
import { eventsOf, grammarFaults } from '../support/responses-grammar.ts'
import { schemaFaults } from '../support/responses-schema/validate.ts'
import { type Followed, followThroughAll } from './follow.ts'
import { Gateway } from './gateway.ts'

const database = await createDatabase()
const patience = 180_000

let simulator: Simulator
let directory: string
let configFile: string

beforeAll(async () => {
  simulator = await startSimulator()
  directory = await mkdtemp(join(tmpdir(), 'asbru-background-'))
  configFile = join(directory, 'config.json')
  const provider = {
    keys: [{ name: 'any', value: 'any-key', models: ['*'], weight: 1 }],
    network_config: { base_url: simulator.url, allow_private_network: true },
  }
  const providers = { openai: provider, nebius: provider, anthropic: provider }
  // A job whose gateway died is begun again soon.
  await writeFile(
    configFile,
    JSON.stringify({ client: { async: { lease_in_seconds: 1, max_attempts: 20 } }, providers }),
  )
})
afterAll(async () => {
  await simulator.close()
  await rm(directory, { recursive: true, force: true })
  await database?.drop()
})

/** Follows a response while its gateways are killed, one after the other, at these numbers of events. */
async function play(model: string, gateways: readonly Gateway[], deaths: readonly number[]): Promise<Followed> {
  const left = [...deaths]
  let killed = 0
  let restarting = Promise.resolve()
  const onFrame = (count: number) => {
    if (left[0] === undefined || count < left[0]) return
    left.shift()
    const victim = gateways[killed++ % gateways.length]!
    restarting = restarting.then(async () => {
      await victim.kill()
      await victim.start()
    })
  }
  const body = { model, input: 'Hello', background: true, stream: true, max_output_tokens: 4000 }
  const followed = await followThroughAll(
    gateways.map(({ url }) => url),
    body,
    onFrame,
    patience - 10_000,
  )
  await restarting
  expect(left).toEqual([])
  return followed
}

async function check({ id, frames, breaks }: Followed, gateway: Gateway): Promise<void> {
  const text = frames.join('')
  expect(grammarFaults(text)).toEqual([])
  const events = eventsOf(text)
  for (const event of events) expect(schemaFaults('event', event)).toEqual([])
  expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { id, status: 'completed' } })
  expect(breaks).toBeGreaterThan(0)
  const kept = await fetch(`${gateway.url}/openai/v1/responses/${id}`)
  expect(await kept.json()).toEqual(events.at(-1)!['response'])
  const again = await fetch(`${gateway.url}/openai/v1/responses/${id}?stream=true`)
  expect(await again.text()).toBe(text)
}

describe('a background response is followed through the death of its gateway', () => {
  test.each(['openai', 'nebius', 'anthropic'])('over %s', { timeout: patience }, async (provider) => {
    const gateway = await Gateway.start({ configFile, directory })
    try {
      await check(await play(`${provider}/long-24+pace-60`, [gateway], [3, 9, 15]), gateway)
    } finally {
      await gateway.stop()
    }
  })

  test.skipIf(database === undefined)('and goes on at another one', { timeout: patience }, async () => {
    const variables = { DATABASE_URL: database!.url }
    const start = () => Gateway.start({ configFile, directory, variables })
    const gateways = await Promise.all([start(), start()])
    try {
      await check(await play('nebius/long-24+pace-60', gateways, [4, 10]), gateways[1]!)
    } finally {
      await Promise.all(gateways.map((gateway) => gateway.stop()))
    }
  })
})
