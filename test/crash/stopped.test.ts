/** Gateways that are stopped: for longer than a lease, and for good. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startSimulator } from '../../src/simulator/server.ts'
import { providerAt } from '../support/house.ts'
import { chat, post } from '../support/http.ts'
import { emptyDirectory } from '../support/program.ts'
import { until } from '../support/until.ts'
import { Gateway } from './gateway.ts'
import { sqliteUsage } from './usage.ts'

// Stopped at the very moment at which it writes, a process keeps the file from all others: then nothing can be seen, and it is tried again.
const options = { timeout: 120_000, retry: 2 }

test('a gateway that was stopped for longer than its lease never gives a second result', options, async () => {
  const { directory, remove } = await emptyDirectory()
  const simulator = await startSimulator()
  const configFile = join(directory, 'config.json')
  const settings = { client: { async: { lease_in_seconds: 1 } }, providers: { openai: providerAt(simulator.url) } }
  await writeFile(configFile, JSON.stringify(settings))
  const stopped = await Gateway.start({ configFile, directory })
  const gateways = [stopped]
  try {
    // Long enough that it is stopped before its answer has come.
    const body = chat('openai/gpt-4o+slow-4000', 'Hello, Asbru!')
    const id = await until(async () => {
      const { json } = await post(stopped, body, { path: '/v1/async/chat/completions' })
      return json.id as string | undefined
    }, 60_000)
    await until(() => simulator.requests.length === 1, 20_000)
    stopped.signal('SIGSTOP')
    const other = await Gateway.start({ configFile, directory })
    gateways.push(other)
    const record = async () => {
      const response = await fetch(`${other.url}/v1/async/chat/completions/${id}`)
      return (await response.json()) as { status: string; attempts: number; completed_at: string; result: unknown }
    }
    const done = await until(async () => {
      const found = await record()
      return found.status === 'completed' ? found : undefined
    }, 60_000)
    expect(done.attempts).toBe(2)
    expect(simulator.requests.length).toBe(2)
    // By now the answer to the first call waits in the socket of the one that was stopped.
    stopped.signal('SIGCONT')
    await until(() => stopped.log().includes('a job was lost'), 20_000)
    expect(await record()).toEqual(done)
    expect(simulator.requests.length).toBe(2)
    await Promise.all(gateways.map((gateway) => gateway.stop()))
    expect(await sqliteUsage(directory)).toEqual(new Map([[id, 1]]))
  } finally {
    stopped.signal('SIGCONT')
    await Promise.all(gateways.map((gateway) => gateway.kill()))
    await simulator.close()
    await remove()
  }
})

test('a gateway that is told to stop ends what it does, and leaves the rest to the next', {
  timeout: 120_000,
}, async () => {
  const { directory, remove } = await emptyDirectory()
  const simulator = await startSimulator()
  const configFile = join(directory, 'config.json')
  const settings = { client: { async: { concurrency: 1 } }, providers: { openai: providerAt(simulator.url) } }
  await writeFile(configFile, JSON.stringify(settings))
  const gateway = await Gateway.start({ configFile, directory })
  try {
    const path = '/v1/async/chat/completions'
    const submit = async (model: string) => (await post(gateway, chat(model), { path })).json.id as string | undefined
    const running = await until(() => submit('openai/gpt-4o+slow-1500'), 60_000)
    await until(() => simulator.requests.length === 1, 20_000)
    const waiting = await submit('openai/gpt-4o')
    await gateway.stop()
    expect(simulator.requests.map(({ status, aborted }) => [status, aborted])).toEqual([[200, false]])
    await gateway.start()
    const record = async (id: string | undefined) => {
      const response = await fetch(`${gateway.url}${path}/${id}?wait=20`)
      return (await response.json()) as { status: string; attempts: number }
    }
    await until(async () => (await record(running)).status, 60_000)
    expect(await record(running)).toMatchObject({ status: 'completed', attempts: 1 })
    expect(await record(waiting)).toMatchObject({ status: 'completed', attempts: 1 })
    expect(simulator.requests.length).toBe(2)
  } finally {
    await gateway.kill()
    await simulator.close()
    await remove()
  }
})
