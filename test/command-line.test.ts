/** The command as users run it: from its first line to its exit code. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../src/simulator/server.ts'
import { customProviderAt, providerAt } from './support/house.ts'
import { chat, post, postStream, send } from './support/http.ts'
import { emptyDirectory, type Program, type ProgramOptions, runProgram, startProgram } from './support/program.ts'
import { until } from './support/until.ts'

const running: Program[] = []
let simulator: Simulator
let place: Awaited<ReturnType<typeof emptyDirectory>>

beforeAll(async () => {
  simulator = await startSimulator()
  place = await emptyDirectory()
})
afterAll(async () => {
  await simulator.close()
  await place.remove()
})
afterEach(async () => {
  for (const program of running.splice(0)) {
    program.process.kill('SIGKILL')
    await program.ended()
  }
})

/** Starts the gateway on a free port. */
async function serve(args: readonly string[] = [], options: ProgramOptions = {}): Promise<Program & { url: string }> {
  const program = startProgram([...args, '--port', '0'], { directory: place.directory, ...options })
  running.push(program)
  return { ...program, url: await program.listening() }
}

async function file(name: string, content: object): Promise<string> {
  const path = join(place.directory, name)
  await writeFile(path, JSON.stringify(content))
  return path
}

const logLines = (program: Program) =>
  program
    .errors()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { msg: string; [field: string]: unknown })

describe('start', () => {
  test('needs nothing, and prints a curl that works as it is printed', async () => {
    const program = await serve()
    expect(program.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const printed = program.output().split('Try it:\n')[1]!.trim()
    expect(printed).toMatch(/^curl /)
    const shell = spawn('bash', ['-c', printed], { stdio: ['ignore', 'pipe', 'ignore'] })
    const [answer] = (await Promise.all([text(shell.stdout), once(shell, 'close')])) as [string, unknown]
    expect(JSON.parse(answer)).toMatchObject({
      choices: [{ message: { role: 'assistant', content: 'Hello, Asbru!' } }],
      extra_fields: { provider: 'simulator' },
    })
  })

  test('finds keys in the usual variables, and shows none of them', async () => {
    const variables = { OPENAI_API_KEY: 'sk-very-secret', OPENAI_BASE_URL: `${simulator.url}/v1`, LOG_LEVEL: 'debug' }
    const program = await serve([], { variables })
    expect(program.output()).toContain('openai')
    const { status, json } = await post(program, chat('gpt-4o'))
    expect(status).toBe(200)
    expect(json.extra_fields.provider).toBe('openai')
    expect(simulator.requests.at(-1)?.headers.authorization).toBe('Bearer sk-very-secret')
    await post(program, chat('gpt-4o+status-401'))
    await until(() => logLines(program).some(({ msg }) => msg === 'failed'))
    expect(program.output() + program.errors()).not.toContain('sk-very-secret')
  })

  test('takes file, host and log level from variables too', async () => {
    const config = await file('by-variable.json', { providers: { mine: customProviderAt(simulator.url) } })
    const program = await serve([], { variables: { ASBRU_CONFIG: config, HOST: 'localhost', LOG_LEVEL: 'silent' } })
    expect((await post(program, chat('mine/echo'))).status).toBe(200)
    await post(program, chat('mine/echo+status-500'))
    expect(program.errors()).toBe('')
  })

  test('warns when it listens elsewhere and everybody may use it', async () => {
    const program = await serve(['--host', '0.0.0.0'])
    expect(program.output()).toContain('WARNING: everybody who can reach this address can spend your keys.')
  })

  test('does not start with a wrong file, and says all that is wrong', async () => {
    const config = await file('wrong.json', {
      providers: { opnai: { keys: [] }, groq: { keys: [{ value: 'env.NOT_SET' }] } },
    })
    const { code, errors } = await runProgram(['--config', config, '--port', '0'])
    expect(code).toBe(1)
    expect(errors).toContain('providers.opnai')
    expect(errors).toContain('openai')
    expect(errors).toContain('NOT_SET')
    expect(errors).not.toContain('    at ')
  })

  test('says so when the port is taken', async () => {
    const { code, errors } = await runProgram(['--port', new URL(simulator.url).port])
    expect(code).toBe(1)
    expect(errors).toMatch(/^asbru: the address is in use: .* Choose another port with --port\.\n$/)
  })

  test.each([
    [['--port', 'eighty'], 'A port is a number from 0 to 65535.'],
    [['--prot', '80'], "unknown option '--prot'"],
  ])('refuses %j', async (args, message) => {
    const { code, errors } = await runProgram(args)
    expect(code).toBe(1)
    expect(errors).toContain(message)
  })
})

describe('SIGTERM', () => {
  test('lets what is running end, is not ready meanwhile, and exits with 0', async () => {
    const program = await serve()
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200)
    const started = await send(program, { ...chat('simulator/long-30+pace-30'), stream: true })
    expect(started.status).toBe(200)
    program.process.kill('SIGTERM')
    await until(() => program.errors().includes('stopping'))
    const ready = await fetch(`${program.url}/readyz`)
    expect(ready.status).toBe(503)
    expect(ready.headers.get('connection')).toBe('close')
    expect(await ready.text()).toContain('The gateway is shutting down.')
    // Whoever has not heard of it yet is served all the same.
    const newcomer = await post(program, chat('simulator/echo'))
    expect(newcomer.status).toBe(200)
    const rest = await started.text()
    expect(rest).toMatch(/data: \[DONE\]\n\n$/)
    expect(rest.match(/^data: /gm)).toHaveLength(30 + 4)
    expect(await program.ended()).toEqual([0, null])
  })

  test('a second one does not wait', async () => {
    const program = await serve()
    const started = await send(program, { ...chat('simulator/long-2000+pace-30'), stream: true })
    program.process.kill('SIGTERM')
    await until(() => program.errors().includes('stopping'))
    program.process.kill('SIGTERM')
    expect(await program.ended()).toEqual([1, null])
    await expect(started.text()).rejects.toThrow()
  })
})

describe('reload', () => {
  const withModels = (models: string[]) => ({
    providers: { mine: customProviderAt(simulator.url, {}, [{ name: 'k', value: 'sk-k', models }]) },
  })

  test('on SIGHUP, without disturbing what is running', async () => {
    const config = await file('reload.json', withModels(['one', 'long-20+pace-30']))
    const program = await serve(['--config', config])
    expect((await post(program, chat('mine/two'))).status).toBe(400)
    const started = postStream(program, chat('mine/long-20+pace-30'))
    await pause(50)
    await writeFile(config, JSON.stringify(withModels(['two'])))
    program.process.kill('SIGHUP')
    await until(() => logLines(program).some(({ msg }) => msg === 'configuration changed'))
    expect((await post(program, chat('mine/two'))).status).toBe(200)
    expect((await post(program, chat('mine/one'))).status).toBe(400)
    expect((await started).events.at(-1)).toBe('[DONE]')
  })

  test('a wrong file is refused, and the last good one stays', async () => {
    const config = await file('reload-wrong.json', withModels(['one']))
    const program = await serve(['--config', config])
    await writeFile(config, '{"providers": {"mine": 7}}')
    program.process.kill('SIGHUP')
    const line = await until(() => logLines(program).find(({ msg }) => msg.includes('cannot be used')))
    expect(JSON.stringify(line)).toContain('providers.mine')
    expect((await post(program, chat('mine/one'))).status).toBe(200)
  })
})

describe('other commands', () => {
  test('init writes a file that check and serve take, and leaves one that is there', async () => {
    const { directory, remove } = await emptyDirectory()
    try {
      expect(await runProgram(['init'], { directory })).toMatchObject({ code: 0 })
      expect(JSON.parse(await readFile(join(directory, 'config.schema.json'), 'utf8'))).toHaveProperty('$schema')
      const checked = await runProgram(['check', 'config.json'], { directory })
      expect(checked).toMatchObject({ code: 0, output: expect.stringContaining('config.json can be used.') })
      const program = await serve(['--config', 'config.json'], { directory })
      expect((await post(program, chat('simulator/echo'))).status).toBe(200)
      const before = await readFile(join(directory, 'config.json'), 'utf8')
      expect(await runProgram(['init'], { directory })).toMatchObject({ code: 1 })
      expect(await readFile(join(directory, 'config.json'), 'utf8')).toBe(before)
    } finally {
      await remove()
    }
  })

  test('check says what a file means', async () => {
    const config = await file('good.json', { providers: { openai: providerAt(simulator.url) } })
    const { code, output } = await runProgram(['check', config])
    expect(code).toBe(0)
    expect(output).toContain('openai')
    expect(output).not.toContain('sk-test-main')
  })

  test('check says all that is wrong, for machines as well', async () => {
    const config = await file('bad.json', {
      providers: { openai: { keys: 7 } },
      client: { allowed_origins: 'no list' },
      auth_config: { is_enabled: 'yes' },
    })
    const { code, output } = await runProgram(['check', config, '--json'])
    expect(code).toBe(1)
    const { valid, faults } = JSON.parse(output) as { valid: boolean; faults: { path: string }[] }
    expect(valid).toBe(false)
    expect(faults.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['providers.openai.keys', 'client.allowed_origins', 'auth_config.is_enabled']),
    )
  })

  test('explain shows the plan without asking anybody', async () => {
    const config = await file('explain.json', {
      providers: { openai: providerAt(simulator.url), groq: providerAt(simulator.url) },
    })
    simulator.requests.length = 0
    const { code, output } = await runProgram([
      'explain',
      'gpt-4o',
      '--config',
      config,
      '--fallback',
      'groq/llama',
      'xai/grok',
    ])
    expect(code).toBe(0)
    expect(JSON.parse(output)).toMatchObject([
      { step: 0, provider: 'openai', model: 'gpt-4o', keys: [{ name: 'main' }] },
      { step: 1, provider: 'groq', model: 'llama' },
      { step: 2, provider: 'xai', refused: expect.stringContaining('failed to get config for provider: xai') },
    ])
    expect(simulator.requests).toHaveLength(0)
  })

  test('simulator runs the simulator alone', async () => {
    const program = startProgram(['simulator', '--port', '0'])
    running.push(program)
    const url = await program.listening()
    const { status, json } = await post({ url }, chat('echo'), {
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer sk-any' },
    })
    expect(status).toBe(200)
    expect(json.choices[0].message.content).toBe('Hello, Asbru!')
  })
})

const systemNode = '/usr/bin/node'
const version = existsSync(systemNode)
  ? spawnSync(systemNode, ['--version'], { encoding: 'utf8' }).stdout.trim()
  : 'none'
const isOld = /^v(\d+)/.exec(version) !== null && Number(/^v(\d+)/.exec(version)![1]) < 24

test.skipIf(!isOld)(
  `with an older Node of the system (here: ${version}) the Node of the package takes over`,
  async () => {
    const program = await serve([], { node: systemNode })
    const { status, json } = await post(program, chat('simulator/echo'))
    expect(status).toBe(200)
    expect(json.choices[0].message.content).toBe('Hello, Asbru!')
    program.process.kill('SIGTERM')
    expect(await program.ended()).toEqual([0, null])
  },
)

async function text(stream: AsyncIterable<unknown>): Promise<string> {
  let all = ''
  for await (const piece of stream) all += String(piece)
  return all
}
