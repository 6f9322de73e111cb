/** The package as it ships: a few files instead of the sources, which find everything that lies beside them. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compiledCommand } from './support/package.ts'
import { type Program, startProgram } from './support/program.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))
const hello = { model: 'simulator/echo', messages: [{ role: 'user', content: 'Hello' }] }

let command: string
let directory: string
let program: Program
let url: string

beforeAll(async () => {
  command = compiledCommand(repository)
  directory = mkdtempSync(join(tmpdir(), 'asbru-packaged-'))
  program = startProgram(['serve', '--port', '0'], { command, directory })
  url = await program.listening()
}, 60_000)

afterAll(async () => {
  program.process.kill('SIGTERM')
  await program.ended()
  rmSync(directory, { recursive: true, force: true })
})

async function ask(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

describe('the package', () => {
  test('answers, by way of a simulator that it loads only now', async () => {
    const reply = await ask('/openai/v1/chat/completions', hello)
    expect(await reply.json()).toMatchObject({ choices: [{ message: { content: 'Hello' } }] })
  })

  test('streams', async () => {
    const reply = await ask('/openai/v1/chat/completions', { ...hello, stream: true })
    expect(await reply.text()).toMatch(/data: \[DONE\]\n\n$/)
  })

  test('keeps jobs in SQLite, whose thread and tables it finds', async () => {
    const submitted = (await (await ask('/v1/async/chat/completions', hello)).json()) as { id: string }
    const polled = await fetch(`${url}/v1/async/chat/completions/${submitted.id}?wait=30`)
    expect(await polled.json()).toMatchObject({ status: 'completed' })
  })

  test('counts tokens in the thread it finds for that', async () => {
    const reply = await ask('/v1/messages/count_tokens', hello)
    expect(await reply.json()).toMatchObject({ input_tokens: expect.any(Number) })
    expect(reply.headers.get('x-asbru-estimated')).toBe('true')
  })

  test('has the other commands', () => {
    const text = execFileSync(process.execPath, [command, 'explain', 'simulator/echo'], {
      encoding: 'utf8',
      cwd: directory,
    })
    expect(text).toContain('simulator')
  })
})
