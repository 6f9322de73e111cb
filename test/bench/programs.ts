/** The programs compared: how each is found, started, asked and stopped. */

import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { accepts, type Child, freePort, start, waitUntilReady, workFolder } from './children.ts'
import type { Load } from './load.ts'
import { compiledCommand } from '../support/package.ts'
import { anthropicModel, isResponses, isTranslated, type Mode, upstreamKey } from './upstream-mock.ts'

/** All that can be compared, in the order it runs. */
export const programNames = ['direct', 'asbru', 'nginx', 'portkey'] as const
export type ProgramName = (typeof programNames)[number]

/** A program that runs. */
export interface Program {
  name: ProgramName
  /** What it is, for the report. */
  version: string
  /** The root of its process tree; none for `direct`. */
  pid: number | undefined
  /** Can it be asked in OpenAI's words for a provider that speaks Anthropic's? */
  translates: boolean
  /** Can it be asked by the Responses API? */
  responds: boolean
  /** The request that makes the upstream answer in a mode, as this program wants it asked. */
  load(mode: Mode, tag?: number): Load
  /** Why it cannot go on, when it has ended by itself. */
  ended(): string | undefined
  /** The last lines of its output, to explain a failure. */
  lastLines(): string
  stop(): Promise<void>
}

/** What programs need to start. */
export interface Surroundings {
  upstreamPort: number
  /** The core the program is pinned to. */
  core: number | undefined
  /** Undefined: the package, compiled for the purpose. */
  asbruCommand: string[] | undefined
  /** Where Asbru keeps what it keeps; default: where this run keeps everything. */
  directory?: string
  /** For Asbru, beside those of this process. */
  variables?: Readonly<Record<string, string>>
}

/** Why a program cannot take part here; not a fault of the setup. */
export class Skipped extends Error {}

const portkeyVersion = '1.15.2'
/** With newer versions of its HTTP server it fails: https://github.com/Portkey-AI/gateway/issues/1389 */
const portkeyPackage = {
  private: true,
  dependencies: { '@portkey-ai/gateway': portkeyVersion },
  overrides: { '@hono/node-server': '1.14.1' },
}
const virtualKey = 'sk-bf-bench'
const repository = resolve(import.meta.dirname, '../..')

/** Starts a program, ready to be asked; throws `Skipped` when the machine does not have it. */
export function startProgram(name: ProgramName, surroundings: Surroundings): Promise<Program> {
  const starters = { direct: startDirect, asbru: startAsbru, nginx: startNginx, portkey: startPortkey }
  return starters[name](surroundings)
}

async function startDirect({ upstreamPort }: Surroundings): Promise<Program> {
  const ask = { port: upstreamPort, path: pathOf('/v1'), key: upstreamKey, model: 'gpt-4o', responds: true }
  return program('direct', 'no gateway: the upstream mock itself', undefined, ask)
}

/** The package as users install it, run by the same Node that runs this. */
export function packagedCommand(): string[] {
  return [process.execPath, '--max-semi-space-size=8', compiledCommand(repository)]
}

async function startAsbru(surroundings: Surroundings): Promise<Program> {
  const { upstreamPort, core, asbruCommand, directory = workFolder, variables = {} } = surroundings
  const port = await freePort()
  const config = join(directory, 'asbru.json')
  writeFileSync(config, JSON.stringify(asbruConfig(upstreamPort)))
  const command = [
    ...(asbruCommand ?? packagedCommand()),
    '--config',
    config,
    '--port',
    String(port),
    '--host',
    '127.0.0.1',
  ]
  const child = start('asbru', command, { core, cwd: repository, env: { ...process.env, ...variables } })
  await waitUntilReady('asbru', child, () => answersOk(port, '/healthz'))
  const ask: Ask = {
    port,
    path: pathOf('/openai/v1'),
    key: virtualKey,
    model: 'openai/gpt-4o',
    responds: true,
    translated: { model: `anthropic/${anthropicModel}`, headers: [] },
  }
  return program('asbru', 'every request authenticated, default logging', child, ask)
}

function asbruConfig(upstreamPort: number): object {
  const provider = {
    keys: [{ name: 'bench', value: upstreamKey, models: [], weight: 1 }],
    network_config: { base_url: `http://127.0.0.1:${upstreamPort}` },
  }
  return {
    version: 1,
    client: { enforce_governance_header: true },
    providers: { openai: provider, anthropic: provider },
    governance: {
      virtual_keys: [
        {
          id: 'vk1',
          name: 'bench',
          value: virtualKey,
          is_active: true,
          provider_configs: ['openai', 'anthropic'].map((name) => ({
            provider: name,
            weight: 1,
            allowed_models: ['*'],
          })),
        },
      ],
    },
  }
}

async function startNginx({ upstreamPort, core }: Surroundings): Promise<Program> {
  const binary = findNginx()
  const port = await freePort()
  const config = join(workFolder, 'nginx.conf')
  writeFileSync(config, nginxConfig(port, upstreamPort))
  // Started by root, its worker runs as another user and must reach its folders.
  chmodSync(workFolder, 0o755)
  const child = start('nginx', [binary, '-c', config, '-p', workFolder, '-e', 'nginx-error.log'], { core })
  await waitUntilReady('nginx', child, () => accepts(port))
  const version = /nginx\/\S+/.exec(execFileSync('sh', ['-c', '"$0" -v 2>&1', binary], { encoding: 'utf8' }))?.[0]
  const path = (mode: Mode) => pathOf(mode.startsWith('sse-') ? '/stream/v1' : '/v1')(mode)
  const ask = { port, path, key: upstreamKey, model: 'gpt-4o', responds: true }
  return program('nginx', `${version ?? 'nginx'} as a plain proxy, one worker, access log on`, child, ask)
}

function findNginx(): string {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']
  const binary = folders.map((folder) => join(folder, 'nginx')).find((file) => existsSync(file))
  if (!binary) throw new Skipped('nginx is not installed')
  return binary
}

/** What a normal installation has, except that connections are never closed for their number of requests. */
function nginxConfig(port: number, upstreamPort: number): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(workFolder, `nginx-${name}`)};`,
  )
  return `
    daemon off;
    worker_processes 1;
    pid ${join(workFolder, 'nginx.pid')};
    events { worker_connections 4096; }
    http {
      ${folders.join(' ')}
      access_log ${join(workFolder, 'nginx-access.log')};
      keepalive_requests 1000000000;
      upstream mock { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 1000000000; }
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://mock; }
        location /stream/ { proxy_pass http://mock/; proxy_buffering off; }
      }
    }`
}

async function startPortkey({ upstreamPort, core }: Surroundings): Promise<Program> {
  const entry = fetchPortkey()
  const port = await freePort()
  const child = start('portkey', [process.execPath, entry, `--port=${port}`, '--headless'], {
    core,
    env: { ...process.env, NODE_ENV: 'production' },
  })
  await waitUntilReady('portkey', child, () => answersOk(port, '/'))
  const headersFor = (provider: string) => [
    `x-portkey-provider: ${provider}`,
    `x-portkey-custom-host: http://127.0.0.1:${upstreamPort}/v1`,
  ]
  const ask: Ask = {
    port,
    path: pathOf('/v1'),
    key: upstreamKey,
    model: 'gpt-4o',
    responds: false,
    headers: headersFor('openai'),
    translated: { model: anthropicModel, headers: headersFor('anthropic') },
  }
  return program('portkey', `@portkey-ai/gateway ${portkeyVersion}, headless`, child, ask)
}

/** Installs the package once per machine, outside the project, and gives the file that starts it. */
function fetchPortkey(): string {
  const folder = join(tmpdir(), `asbru-bench-portkey-${portkeyVersion}`)
  const entry = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js')
  if (existsSync(entry)) return entry
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(portkeyPackage))
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries=0', '--prefix', folder]
  try {
    execFileSync('npm', ['install', ...options], { stdio: 'pipe', timeout: 120_000, cwd: folder })
  } catch (error) {
    const lines = (error as Error).message.split('\n')
    const reason = lines.filter((line) => line.startsWith('npm error')).slice(0, 3)
    throw new Skipped(`@portkey-ai/gateway could not be fetched: ${reason.join(' ') || lines[0]}`)
  }
  return entry
}

function program(name: ProgramName, version: string, child: Child | undefined, ask: Ask): Program {
  return {
    name,
    version,
    pid: child?.pid,
    translates: ask.translated !== undefined,
    responds: ask.responds,
    load: (mode, tag) => ({ port: ask.port, request: requestBytes(ask, mode, tag) }),
    ended: () => child?.ended(),
    lastLines: () => child?.lastLines() ?? '',
    stop: async () => child?.stop(),
  }
}

/** How a program wants to be asked. */
interface Ask {
  port: number
  path(mode: Mode): string
  key: string
  model: string
  responds: boolean
  headers?: string[]
  /** What to ask instead where the upstream speaks Anthropic's dialect. */
  translated?: { model: string; headers: string[] }
}

function pathOf(prefix: string): (mode: Mode) => string {
  return (mode) => `${prefix}/${isResponses(mode) ? 'responses' : 'chat/completions'}`
}

const messages = [
  { role: 'system', content: 'You are a helpful assistant that answers in one short paragraph.' },
  { role: 'user', content: 'Why is the sky blue, and why is it red in the evening? Explain it to a child.' },
]

/** A request with the headers that OpenAI's own client sends. */
function requestBytes(ask: Ask, mode: Mode, tag: number | undefined): Buffer {
  const { model, headers = [] } = (isTranslated(mode) && ask.translated) || ask
  const shared = {
    model,
    temperature: 0.7,
    user: tag === undefined ? `bench:${mode}` : `bench:${mode}:${tag}`,
  }
  const stream = mode.startsWith('sse-') ? { stream: true, stream_options: { include_usage: true } } : {}
  const body = JSON.stringify(
    isResponses(mode)
      ? // What is kept would be measured as well.
        { ...shared, input: messages, max_output_tokens: 512, store: false, stream: true }
      : { ...shared, messages, max_completion_tokens: 512, ...stream },
  )
  const head = [
    `POST ${ask.path(mode)} HTTP/1.1`,
    `Host: 127.0.0.1:${ask.port}`,
    'Connection: keep-alive',
    'Accept: application/json',
    'Content-Type: application/json',
    'User-Agent: OpenAI/JS 7.55.0',
    'X-Stainless-Retry-Count: 0',
    'X-Stainless-Lang: js',
    'X-Stainless-Package-Version: 7.55.0',
    'X-Stainless-OS: Linux',
    'X-Stainless-Arch: x64',
    'X-Stainless-Runtime: node',
    'X-Stainless-Runtime-Version: v24.21.0',
    `Authorization: Bearer ${ask.key}`,
    ...headers,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function answersOk(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: 1_000 }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode === 200))
      response.once('error', () => resolve(false))
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve(false))
  })
}
