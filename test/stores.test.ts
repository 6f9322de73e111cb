import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDatabase } from './support/postgres.ts'
import { emptyDirectory, type Program, startProgram } from './support/program.ts'

let place: Awaited<ReturnType<typeof emptyDirectory>>
const programs: Program[] = []
beforeEach(async () => {
  place = await emptyDirectory()
})
afterEach(async () => {
  for (const program of programs.splice(0)) {
    program.process.kill('SIGTERM')
    await program.ended()
  }
  await place.remove()
})

async function start(args: readonly string[] = [], variables: Record<string, string> = {}): Promise<string> {
  const program = startProgram([...args, '--port', '0'], { directory: place.directory, variables })
  programs.push(program)
  return program.listening()
}

const output = () => programs.at(-1)!.output()
const log = () => programs.at(-1)!.errors()

interface Reply {
  readonly status: number
  readonly body: { readonly id?: string; readonly error?: { readonly code: string; readonly message: string } }
}

async function chat(url: string, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(`${url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'simulator/echo', messages: [{ role: 'user', content: 'Hello' }] }),
  })
  return { status: response.status, body: (await response.json()) as Reply['body'] }
}

const submit = (url: string) => chat(url, { 'x-bf-async': 'true' })
const choicesOf = (reply: Reply) => (reply.body as { choices?: unknown[] }).choices?.length

describe('a gateway', () => {
  it('keeps jobs in a file beside the configuration, also over a restart', async () => {
    const url = await start()
    const submitted = await submit(url)
    expect(output()).toContain(`Store: SQLite, ${join(place.directory, 'asbru.db')}.`)
    await expect.poll(async () => choicesOf(await chat(url, { 'x-bf-async-id': submitted.body.id! }))).toBe(1)
    programs[0]!.process.kill('SIGKILL')
    await programs.shift()!.ended()
    const again = await chat(await start(), { 'x-bf-async-id': submitted.body.id! })
    expect([again.status, choicesOf(again)]).toEqual([200, 1])
  })

  it('serves inference where nothing can be kept, and takes jobs as soon as something can', async () => {
    const directory = join(place.directory, 'data')
    writeFileSync(directory, 'a file where the directory should be')
    const url = await start(['--app-dir', directory])
    const refused = await submit(url)
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'store_cannot_open' } } })
    // Where things are on this machine is for the log alone.
    expect(JSON.stringify(refused)).not.toContain(place.directory)
    await expect.poll(log).toContain(directory)
    expect((await chat(url)).status).toBe(200)
    rmSync(directory)
    mkdirSync(directory)
    await expect.poll(async () => (await submit(url)).status, { timeout: 10_000 }).toBe(200)
  })

  it('leaves the file of another program alone, and keeps things beside it', async () => {
    const foreign = join(place.directory, 'logs.db')
    const database = new DatabaseSync(foreign)
    database.exec('create table jobs (theirs)')
    database.close()
    const before = readFileSync(foreign)
    const config = join(place.directory, 'config.json')
    writeFileSync(
      config,
      JSON.stringify({ logs_store: { enabled: true, type: 'sqlite', config: { path: './logs.db' } } }),
    )
    const url = await start(['--config', config])
    expect((await submit(url)).status).toBe(200)
    expect(readFileSync(foreign).equals(before)).toBe(true)
    expect(existsSync(join(place.directory, 'asbru.db'))).toBe(true)
    await expect.poll(log).toContain('belongs to another program')
  })

  it('says that a DATABASE_URL is not for it', async () => {
    await start([], { DATABASE_URL: 'mysql://root:hush@localhost/app' })
    expect(output()).toContain('DATABASE_URL is not used')
    expect(output() + log()).not.toContain('hush')
  })
})

const database = await createDatabase()

it.skipIf(database === undefined)('two gateways keep jobs in one PostgreSQL', async () => {
  try {
    const variables = { DATABASE_URL: database!.url }
    const [one, other] = [await start([], variables), await start([], variables)]
    expect(output()).toContain(`Store: PostgreSQL, ${new URL(database!.url).host}`)
    expect(existsSync(join(place.directory, 'asbru.db'))).toBe(false)
    let submitted: Reply | undefined
    await expect
      .poll(async () => {
        submitted = await submit(one)
        return submitted.status
      })
      .toBe(200)
    const poll = () => chat(other, { 'x-bf-async-id': submitted!.body.id! })
    await expect.poll(async () => choicesOf(await poll()), { timeout: 10_000 }).toBe(1)
    for (const program of programs.splice(0)) {
      program.process.kill('SIGTERM')
      await program.ended()
    }
  } finally {
    await database!.drop()
  }
})
