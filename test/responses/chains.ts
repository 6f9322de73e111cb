/**
 * Chains of two turns, the second of which is asked for in the tick in which the first one's last byte is read: `previous_response_id` has to
 * work at once. Whole: `npm run test:chains`, or `node test/responses/chains.ts [count] [--postgres]`; in short, `chains.test.ts`.
 */
import { once } from 'node:events'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { openTestHouse, providerAt, type TestHouse } from '../support/house.ts'
import { findPostgres, startPostgres } from '../support/postgres-server.ts'
import { emptyDirectory } from '../support/program.ts'

export interface ChainsOptions {
  readonly count: number
  /** Chains at a time. */
  readonly atOnce: number
  /** Where the house keeps things: a URL of PostgreSQL. Absent: SQLite, in a directory of its own. */
  readonly postgres?: string
  say?(line: string): void
}

export interface ChainsReport {
  readonly right: number
  /** What was wrong with each that was not right. */
  readonly faults: readonly string[]
}

/** Never rejects for what is wrong with a chain. */
export async function runChains({ count, atOnce, postgres, say = () => {} }: ChainsOptions): Promise<ChainsReport> {
  const place = await emptyDirectory()
  const file = join(place.directory, 'asbru.db')
  const house = await openTestHouse({
    config: (url) => ({
      providers: { openai: providerAt(url), nebius: providerAt(url), anthropic: providerAt(url) },
      ...(postgres === undefined && { logs_store: { enabled: true, type: 'sqlite', config: { path: file } } }),
    }),
    variables: postgres === undefined ? {} : { DATABASE_URL: postgres },
  })
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce * 2 })
  const faults: string[] = []
  let next = 0
  let ended = 0
  const work = async () => {
    while (next < count) {
      const chain = chainOf(next++)
      const fault = await play(chain, house, agent).catch((error: Error) => error.message)
      if (fault !== undefined) faults.push(`chain ${chain.number} (${chain.first} then ${chain.second}): ${fault}`)
      if (++ended % 1000 === 0) say(`${ended} chains, ${faults.length} wrong`)
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, work))
  } finally {
    agent.destroy()
    await house.close()
    await place.remove()
  }
  return { right: count - faults.length, faults }
}

interface Chain {
  readonly number: number
  /** Providers. */
  readonly first: string
  readonly second: string
  /** Whether each turn is streamed. */
  readonly streams: readonly [boolean, boolean]
}

const providers = ['openai', 'nebius', 'anthropic']

/** Every pair of providers, each with every pair of a stream and a whole reply. */
function chainOf(number: number): Chain {
  const pair = number % 9
  const [first, second] = [providers[pair % 3]!, providers[Math.floor(pair / 3)]!]
  const streams = Math.floor(number / 9)
  return { number, first, second, streams: [streams % 2 === 0, Math.floor(streams / 2) % 2 === 0] }
}

const tools = [
  { type: 'function', name: 'look', parameters: { type: 'object', properties: {}, additionalProperties: false } },
]

/**
 * The second turn brings the result of what the first one has called, and the first one alone has the call: the provider refuses a result without. That
 * it was this very chain's, the question says, which stands in what the provider was sent. Gives what is wrong.
 */
async function play(chain: Chain, house: TestHouse, agent: Agent): Promise<string | undefined> {
  const { number, first, second, streams } = chain
  const [question, result] = [`question-${number}-of-many`, `result-${number}-of-many`]
  const asked = { model: `${first}/tools`, input: question, tools, stream: streams[0] }
  const [one, reply] = await askTwice(house, agent, asked, (response) => ({
    model: `${second}/echo`,
    input: [{ type: 'function_call_output', call_id: callOf(response), output: result }],
    previous_response_id: response['id'],
    tools,
    stream: streams[1],
  }))
  const two = await endOf(reply)
  if (two['status'] !== 'completed') return `the second turn is ${two['status']}`
  if (two['previous_response_id'] !== one['id']) return 'the second turn does not go on from the first'
  if (two['output_text'] !== undefined && two['output_text'] !== result) return `it answered ${two['output_text']}`
  if (!JSON.stringify(two['output']).includes(result)) return `it answered ${JSON.stringify(two['output'])}`
  const sent = house.simulator.requests.findLast(({ text }) => text.includes(result))
  if (sent === undefined) return 'the provider was not asked'
  const isHeld = first === 'openai' && second === 'openai'
  if (isHeld && !sent.text.includes('"previous_response_id":"resp_')) return 'the provider was not told what it has'
  if (!isHeld && !sent.text.includes(question)) return 'the provider was not sent the first turn'
  return undefined
}

type Told = Record<string, unknown>

function callOf({ output }: Told): string {
  const call = (output as Told[]).find(({ type }) => type === 'function_call')
  if (call === undefined) throw new Error('the first turn has called nothing')
  return call['call_id'] as string
}

/** The first response, and the reply to a second request that goes out in the tick in which the first one's end is there. */
async function askTwice(
  house: TestHouse,
  agent: Agent,
  body: Told,
  next: (response: Told) => Told,
): Promise<[Told, IncomingMessage]> {
  const [reply] = (await once(ask(house, agent, body), 'response')) as [IncomingMessage]
  let text = ''
  reply.setEncoding('utf8')
  const [response, second] = await new Promise<[Told, ClientRequest]>((resolve, reject) => {
    let isTold = false
    const look = (isEnd: boolean) => {
      if (isTold) return
      try {
        const told = toldIn(reply, text, isEnd)
        if (told === undefined) return
        isTold = true
        resolve([told, ask(house, agent, next(told))])
      } catch (error) {
        reject(error)
      }
    }
    reply.on('data', (chunk: string) => {
      text += chunk
      look(false)
    })
    reply.on('end', () => look(true))
    reply.on('error', reject)
  })
  const [secondReply] = (await once(second, 'response')) as [IncomingMessage]
  return [response, secondReply]
}

function ask({ url }: TestHouse, agent: Agent, body: Told): ClientRequest {
  const headers = { 'content-type': 'application/json' }
  const asking = request(`${url}/openai/v1/responses`, { method: 'POST', agent, headers })
  asking.end(JSON.stringify(body))
  return asking
}

async function endOf(reply: IncomingMessage): Promise<Told> {
  const text = await readText(reply)
  const told = toldIn(reply, text, true)
  if (told === undefined) throw new Error(`the reply has no end: ${text.slice(-200)}`)
  return told
}

/** The whole response, where it is there; undefined: not yet. Throws for a reply that is none. */
function toldIn({ statusCode, headers }: IncomingMessage, text: string, isEnd: boolean): Told | undefined {
  if (statusCode === 200 && headers['content-type']?.startsWith('text/event-stream')) {
    const event = /^event: response\.(?:completed|incomplete|failed)\ndata: (.*)\n/m.exec(text)?.[1]
    if (event !== undefined) return (JSON.parse(event) as { response: Told }).response
    if (isEnd) throw new Error(`a stream without an end: ${text.slice(-200)}`)
    return undefined
  }
  // What is whole is known by its length, or by its end.
  const isWhole = isEnd || Buffer.byteLength(text) === Number(headers['content-length'])
  if (!isWhole) return undefined
  if (statusCode !== 200) throw new Error(`status ${statusCode}: ${text.slice(0, 300)}`)
  return JSON.parse(text) as Told
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { postgres: { type: 'boolean', default: false } },
  })
  const count = Number(positionals[0] ?? 10_000)
  const say = (line: string) => console.log(line)
  const size = { count, atOnce: 50, say }
  const report = values.postgres ? await onPostgres(size) : await runChains(size)
  for (const fault of report.faults.slice(0, 20)) say(`FAULT: ${fault}`)
  say(`${report.right} of ${count} chains are right`)
  if (report.right !== count) process.exitCode = 1
}

async function onPostgres(size: ChainsOptions): Promise<ChainsReport> {
  const binaries = findPostgres()
  if (binaries === undefined) return { right: 0, faults: ['no PostgreSQL on this machine'] }
  const server = await startPostgres(binaries)
  try {
    return await runChains({ ...size, postgres: `${server.url}/postgres` })
  } finally {
    await server.remove()
  }
}

if (import.meta.main) await main()
