/**
 * Jobs handed in and done while gateways are killed at random instants. The provider is the simulator in this process, which nobody kills, so
 * that every call is known.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startSimulator } from '../../src/simulator/server.ts'
import { providerAt } from '../support/house.ts'
import { emptyDirectory } from '../support/program.ts'
import type { Call, Fate, Report } from './check.ts'
import { Gateway } from './gateway.ts'

export interface Scenario {
  readonly jobs: number
  readonly kills: number
  readonly gateways: number
  /** The same numbers are drawn for the same seed; what happens meanwhile differs all the same. */
  readonly seed: number
  /** Undefined: SQLite. */
  readonly database?: Database | undefined
  /** Told how far it is. */
  say?(text: string): void
}

export interface Database {
  readonly url: string
  /** Killed and started again, now and then, where it can be. */
  restart?(): Promise<void>
}

/** How a store is looked into once everything is over: the number of usage records of each job. */
export type ReadUsage = (directory: string) => Promise<ReadonlyMap<string, number>>

/** So long after the last kill everything must have ended. */
const patience = 180_000
/** Milliseconds. Long enough that a slow machine does not lose one: what is repeated without a kill would be a fault. */
const lease = 3000

export async function runScenario(scenario: Scenario, readUsage: ReadUsage): Promise<Report> {
  const { directory, remove } = await emptyDirectory()
  const simulator = await startSimulator({ remember: 1_000_000 })
  const gateways: Gateway[] = []
  try {
    const configFile = join(directory, 'config.json')
    await writeFile(configFile, JSON.stringify(configuration(simulator.url)))
    const variables = scenario.database === undefined ? {} : { DATABASE_URL: scenario.database.url }
    for (let index = 0; index < scenario.gateways; index++) {
      gateways.push(await Gateway.start({ configFile, directory, variables }))
    }
    const run = new Run(scenario, gateways)
    await run.go()
    const fates = await run.fates(simulator.requests.map(callOf))
    await Promise.all(gateways.map((gateway) => gateway.stop()))
    return { fates, interruptions: run.interruptions, usage: await readUsage(directory) }
  } catch (error) {
    const logs = gateways.map((gateway) => gateway.log().slice(-3000)).join('\n---\n')
    throw new Error(`The scenario could not be played. The gateways logged:\n${logs}`, { cause: error })
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.kill()))
    await simulator.close()
    await remove()
  }
}

function configuration(simulatorUrl: string): object {
  const async = { concurrency: 20, max_attempts: 100, lease_in_seconds: lease / 1000 }
  return { client: { async }, providers: { openai: providerAt(simulatorUrl) } }
}

function callOf({ receivedAt, body }: { receivedAt: number; body: unknown }): Call {
  const { messages } = body as { messages: { content: string }[] }
  return { prompt: messages[0]!.content, at: receivedAt }
}

/** A job whose id its client has heard. */
interface Accepted {
  readonly id: string
  readonly prompt: string
}

class Run {
  readonly interruptions: { at: number; until: number }[] = []
  readonly #scenario: Scenario
  readonly #gateways: readonly Gateway[]
  readonly #accepted: Accepted[] = []
  readonly #random: () => number
  #killsLeft: number

  constructor(scenario: Scenario, gateways: readonly Gateway[]) {
    this.#scenario = scenario
    this.#gateways = gateways
    this.#random = randomOf(scenario.seed)
    this.#killsLeft = scenario.kills
  }

  async go(): Promise<void> {
    await Promise.all([this.#submitAll(), this.#killAll()])
    await this.#waitForEnds()
  }

  /** Spread over all kills, so that each finds jobs in every state: being handed in, waiting, being done, being written down. */
  async #submitAll(): Promise<void> {
    const { jobs, kills } = this.#scenario
    for (let index = 0; index < jobs; index++) {
      while (this.#killsLeft > kills - Math.floor((index / jobs) * kills)) await pause(5)
      await this.#submit(index)
    }
  }

  /** A client that does not hear an id tries again, with a request of its own. */
  async #submit(index: number): Promise<void> {
    const milliseconds = 100 + Math.floor(this.#random() * 1900)
    for (let attempt = 0; ; attempt++) {
      const prompt = `job ${index}, attempt ${attempt}`
      const body = { model: `openai/gpt-4o+slow-${milliseconds}`, messages: [{ role: 'user', content: prompt }] }
      const reply = await ask(this.#anyGateway(), '/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-bf-async': 'true' },
        body: JSON.stringify(body),
      })
      if (reply?.status === 200) return void this.#accepted.push({ id: (reply.json as { id: string }).id, prompt })
      await pause(50)
    }
  }

  async #killAll(): Promise<void> {
    const { kills, database, say } = this.#scenario
    for (let kill = 1; kill <= kills; kill++) {
      const gateway = this.#anyGateway()
      // Most often once it can do its work, which takes a slow machine a while; now and then while it is beginning.
      if (this.#random() < 0.8) await ready(gateway)
      await pause(this.#random() * 1500)
      const at = Date.now()
      // Every fourth time it is the database, where that can be: it is away for a moment, and the gateways go on.
      const isDatabase = database?.restart !== undefined && kill % 4 === 0
      if (isDatabase) await database.restart!()
      else {
        await gateway.kill()
        await gateway.start()
      }
      this.interruptions.push({ at, until: Date.now() })
      this.#killsLeft--
      say?.(
        `${kill} of ${kills}: killed ${isDatabase ? 'the database' : gateway.url}; ${this.#accepted.length} accepted`,
      )
    }
  }

  #anyGateway(): Gateway {
    return this.#gateways[Math.floor(this.#random() * this.#gateways.length)]!
  }

  async #waitForEnds(): Promise<void> {
    const end = Date.now() + patience
    for (const { id } of this.#accepted) {
      for (;;) {
        const record = await this.#record(id)
        if (record !== undefined && !['pending', 'processing'].includes(record.status)) break
        if (Date.now() > end) return
        await pause(100)
      }
    }
  }

  async fates(calls: readonly Call[]): Promise<Fate[]> {
    return Promise.all(
      this.#accepted.map(async ({ id, prompt }) => {
        const record = await this.#record(id)
        return {
          id,
          prompt,
          status: record?.status ?? 'gone',
          answer: record?.result?.choices[0]?.message.content,
          attempts: record?.attempts ?? 0,
          completedAt: record?.completed_at === undefined ? undefined : Date.parse(record.completed_at),
          calls: calls.filter((call) => call.prompt === prompt).map(({ at }) => at),
        }
      }),
    )
  }

  /** Undefined: nobody answers, or there is no such job. */
  async #record(id: string): Promise<JobRecord | undefined> {
    const reply = await ask(this.#gateways[0]!, `/v1/async/chat/completions/${id}`)
    return reply?.status === 200 || reply?.status === 202 ? (reply.json as JobRecord) : undefined
  }
}

interface JobRecord {
  readonly status: string
  readonly attempts: number
  readonly completed_at?: string
  readonly result?: { readonly choices: readonly { readonly message: { readonly content: string } }[] }
}

/** Resolves when its store answers, even if only that there is no such job. */
async function ready(gateway: Gateway): Promise<void> {
  const path = '/v1/async/chat/completions/7d9bd2a5-9a5f-4c8b-8f43-2a0b8d3a6a10'
  for (const end = Date.now() + patience; Date.now() < end; await pause(20)) {
    if ((await ask(gateway, path))?.status === 404) return
  }
  throw new Error('The store of a gateway does not answer.')
}

/** Undefined: the connection broke, or could not be made. */
async function ask(
  gateway: Gateway,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; json: unknown } | undefined> {
  try {
    const response = await fetch(gateway.url + path, init)
    return { status: response.status, json: await response.json() }
  } catch {
    return undefined
  }
}

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
