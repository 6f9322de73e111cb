/**
 * Background responses that are followed while gateways are killed at random instants. Each has a follower that goes on, wherever a gateway answers, from the last
 * event it was sent. The provider is the simulator in this process, which nobody kills.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { eventOf, framesIn } from '../../src/responses/frames.ts'
import { startSimulator } from '../../src/simulator/server.ts'
import { providerAt } from '../support/house.ts'
import { emptyDirectory } from '../support/program.ts'
import { eventsOf, grammarFaults } from '../support/responses-grammar.ts'
import { Gateway } from './gateway.ts'
import { type ReadUsage, randomOf } from './scenario.ts'

export interface BackgroundScenario {
  readonly responses: number
  readonly kills: number
  readonly gateways: number
  /** The same numbers are drawn for the same seed; what happens meanwhile differs all the same. */
  readonly seed: number
  /** Of a PostgreSQL. Undefined: SQLite. */
  readonly database?: { readonly url: string } | undefined
  /** Told how far it is. */
  say?(text: string): void
}

/** What became of a response whose id its client has heard. */
export interface FollowedResponse {
  readonly id: string
  readonly model: string
  readonly prompt: string
  /** All that its follower was sent, as one stream. */
  readonly seen: string
  /** How often it was cut off behind an event. */
  readonly breaks: number
  /** The stream as it is given out once everything is over, from its first event. */
  readonly kept: string
  /** What a client gets that asks for it then. */
  readonly response: unknown
  /** Of what was used for it. */
  readonly records: number
}

/** So long after the last kill everything must have ended. */
const patience = 180_000

const providers = ['openai', 'nebius', 'anthropic']
/** Answers of all kinds, each in a second or two: their gateways die in the middle. */
const words = ['echo', 'reasoning', 'tools', 'refusal', 'length'].map((word) => `${word}+pace-150`)

/** `readUsage` gives the number of usage records of each response. */
export async function runBackground(scenario: BackgroundScenario, readUsage: ReadUsage): Promise<FollowedResponse[]> {
  const { directory, remove } = await emptyDirectory()
  const simulator = await startSimulator({ remember: 1_000_000 })
  const gateways: Gateway[] = []
  try {
    const configFile = join(directory, 'config.json')
    const client = { async: { concurrency: 40, max_attempts: 100, lease_in_seconds: 3 } }
    const entries = providers.map((name) => [name, providerAt(simulator.url)])
    await writeFile(configFile, JSON.stringify({ client, providers: Object.fromEntries(entries) }))
    const variables = scenario.database === undefined ? {} : { DATABASE_URL: scenario.database.url }
    for (let index = 0; index < scenario.gateways; index++)
      gateways.push(await Gateway.start({ configFile, directory, variables }))
    const followed = await new Run(scenario, gateways).go()
    await Promise.all(gateways.map((gateway) => gateway.stop()))
    const records = await readUsage(directory)
    return followed.map((one) => ({ ...one, records: records.get(one.id) ?? 0 }))
  } catch (error) {
    const logs = gateways.map((gateway) => gateway.log().slice(-3000)).join('\n---\n')
    throw new Error(`The scenario could not be played. The gateways logged:\n${logs}`, { cause: error })
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.kill()))
    await simulator.close()
    await remove()
  }
}

class Run {
  readonly #scenario: BackgroundScenario
  readonly #gateways: readonly Gateway[]
  readonly #random: () => number
  #killsLeft: number
  #end = Number.POSITIVE_INFINITY

  constructor(scenario: BackgroundScenario, gateways: readonly Gateway[]) {
    this.#scenario = scenario
    this.#gateways = gateways
    this.#random = randomOf(scenario.seed)
    this.#killsLeft = scenario.kills
  }

  async go(): Promise<Omit<FollowedResponse, 'records'>[]> {
    const [following] = await Promise.all([this.#submitAll(), this.#killAll()])
    const followed = await Promise.all(following)
    return Promise.all(followed.map((one) => this.#settled(one)))
  }

  /** Spread over all kills. */
  async #submitAll(): Promise<Promise<Following>[]> {
    const { responses, kills } = this.#scenario
    const followed: Promise<Following>[] = []
    for (let index = 0; index < responses; index++) {
      while (this.#killsLeft > kills - Math.floor((index / responses) * kills)) await pause(5)
      followed.push(this.#follow(await this.#submit(index)))
    }
    return followed
  }

  async #submit(index: number): Promise<Following> {
    const provider = providers[index % providers.length]
    const model = `${provider}/${words[Math.floor(this.#random() * words.length)]}`
    for (let attempt = 0; ; attempt++) {
      const prompt = `response ${index} of many, in attempt ${attempt}, which takes some words to be said`
      const reply = await this.#ask('/v1/responses', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model, input: prompt, tools: [weather, time], background: true }),
      })
      if (reply?.status === 200) {
        const { id } = (await reply.json()) as { id: string }
        return { id, model, prompt, frames: [], breaks: 0 }
      }
      await pause(50)
    }
  }

  async #follow(following: Following): Promise<Following> {
    while (!isOver(following.frames)) {
      if (Date.now() > this.#end) throw new Error(`Response ${following.id} came to no end.`)
      const before = following.frames.length
      await this.#read(following)
      if (following.frames.length > before && !isOver(following.frames)) following.breaks++
      await pause(20)
    }
    return following
  }

  /** As far as the connection goes; half a frame is forgotten with it. */
  async #read({ id, frames }: Following): Promise<void> {
    const last = frames.at(-1)
    const from = last === undefined ? '' : `&starting_after=${numberOf(last)}`
    const reply = await this.#ask(`/v1/responses/${id}?stream=true${from}`)
    if (reply?.status === 400 || reply?.status === 404)
      throw new Error(`Response ${id} cannot be gone on with: ${await reply.text()}`)
    if (reply?.status !== 200 || reply.body === null) return
    let text = ''
    try {
      for await (const piece of reply.body.pipeThrough(new TextDecoderStream())) {
        text += piece
        const end = text.lastIndexOf('\n\n') + 2
        if (end < 2) continue
        frames.push(...framesIn(text.slice(0, end)))
        text = text.slice(end)
      }
    } catch {
      // Its gateway was killed.
    }
  }

  async #killAll(): Promise<void> {
    const { kills, say } = this.#scenario
    for (let kill = 1; kill <= kills; kill++) {
      await pause(200 + this.#random() * 2000)
      const gateway = this.#anyGateway()
      await gateway.kill()
      await gateway.start()
      this.#killsLeft--
      say?.(`${kill} of ${kills}: killed ${gateway.url}`)
    }
    this.#end = Date.now() + patience
  }

  async #settled({ id, model, prompt, frames, breaks }: Following): Promise<Omit<FollowedResponse, 'records'>> {
    const kept = await this.#insist(`/v1/responses/${id}?stream=true`)
    const response = JSON.parse(await this.#insist(`/v1/responses/${id}`))
    return { id, model, prompt, breaks, kept, response, seen: frames.join('') }
  }

  async #insist(path: string): Promise<string> {
    for (;;) {
      const reply = await this.#ask(path)
      if (reply?.status === 200) return reply.text()
      if (Date.now() > this.#end) throw new Error(`${path} is not answered: ${reply?.status}`)
      await pause(50)
    }
  }

  #anyGateway(): Gateway {
    return this.#gateways[Math.floor(this.#random() * this.#gateways.length)]!
  }

  /** Undefined: the connection broke, or could not be made. */
  async #ask(path: string, init: RequestInit = {}): Promise<Response | undefined> {
    return fetch(this.#anyGateway().url + path, init).catch(() => undefined)
  }
}

interface Following {
  readonly id: string
  readonly model: string
  readonly prompt: string
  readonly frames: string[]
  breaks: number
}

const tool = (name: string, member: string) => ({
  type: 'function',
  name,
  parameters: {
    type: 'object',
    properties: { [member]: { type: 'string' } },
    required: [member],
    additionalProperties: false,
  },
  strict: true,
})
const weather = tool('get_weather', 'city')
const time = tool('get_time', 'zone')

function isOver(frames: readonly string[]): boolean {
  return /^event: response\.(?:completed|incomplete|failed)\n/.test(frames.at(-1) ?? '')
}

/** One line for each thing that may not be; empty: all is well. */
export function backgroundFaults(all: readonly FollowedResponse[]): string[] {
  return all.flatMap((one) =>
    faultsOf(one).map((fault) => `${one.id} (${one.model}, cut off ${one.breaks} times): ${fault}`),
  )
}

/** What an answer is that follows a broken one: the grammar of a stream that is completed has no word for what was left in its middle. */
const broken = /^response\.completed: The response is completed, and its item \d+ \(\w+\) is incomplete/

function faultsOf({ seen, kept, response, model, prompt, records }: FollowedResponse): string[] {
  const faults = grammarFaults(seen)
    .filter(({ message }) => !broken.test(message))
    .map((fault) => `the grammar of what was seen: ${JSON.stringify(fault)}`)
  if (seen !== kept) faults.push('what was seen is not what is kept')
  const last = eventsOf(seen).at(-1)
  const told = JSON.stringify(last?.['response'])
  const { output_text: _, ...object } = response as Record<string, unknown>
  const { output_text: __, ...ended } = JSON.parse(told ?? '{}') as Record<string, unknown>
  if (JSON.stringify(object) !== JSON.stringify(ended)) faults.push('the object is not what the last event told')
  // A refusal of Anthropic's is content that was filtered.
  const expected = model.includes('/length') || model === 'anthropic/refusal+pace-150' ? 'incomplete' : 'completed'
  if (object['status'] !== expected) faults.push(`it is ${object['status']} (${JSON.stringify(object['error'])})`)
  if (model.includes('/echo') && !(told ?? '').includes(prompt)) faults.push('it does not answer what was asked')
  if (records !== 1) faults.push(`it has ${records} records of usage`)
  return faults
}

function numberOf(frame: string): number {
  return Number(eventOf(frame)['sequence_number'])
}
