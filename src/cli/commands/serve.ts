/** `asbru serve`: runs the gateway until it is told to stop. */

import { dirname } from 'node:path'
import { Command } from 'commander'
import pino from 'pino'
import { readDatabaseUrl } from '../../config/database-url.ts'
import { describe, isOpen } from '../../config/describe.ts'
import { type Environment, readEnvironment } from '../../config/environment.ts'
import { findConfigFile } from '../../config/find-file.ts'
import { ConfigFaults, findingText } from '../../config/finding.ts'
import { describeStore } from '../../config/store-settings.ts'
import { type House, openHouse } from '../../house.ts'
import { readPort } from '../port.ts'

interface Flags {
  readonly config?: string
  readonly port?: number
  readonly host?: string
  readonly appDir?: string
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('run the gateway (the default command)')
    .option('-c, --config <file>', 'configuration file; without one the usual environment variables are read')
    .option('-p, --port <number>', 'port to listen on (default 8080)', readPort)
    .option('--host <address>', 'address to listen on (default 127.0.0.1)')
    .option('--app-dir <directory>', 'where config.json and everything that is kept are found')
    .action(serve)
}

async function serve(flags: Flags): Promise<void> {
  try {
    const environment = readEnvironment()
    const house = await open(flags, environment)
    greet(house, environment, flags.host ?? environment.host ?? '127.0.0.1')
  } catch (error) {
    fail(error)
  }
}

async function open(flags: Flags, environment: Environment): Promise<House> {
  // One line of JSON for each thing worth knowing, on standard error; what people read goes to standard output.
  const log = pino(
    { level: environment.logLevel ?? 'info', base: null, redact: { paths: redacted, censor: '***' } },
    pino.destination({ dest: 2, sync: false, minLength: 0 }),
  )
  const file = findConfigFile(flags.config ?? environment.configFile, flags.appDir ?? environment.appDirectory)
  const house = await openHouse({
    log,
    host: flags.host ?? environment.host ?? '127.0.0.1',
    port: flags.port ?? environment.port ?? 8080,
    configFile: file,
    directory: flags.appDir ?? environment.appDirectory ?? (file === null ? process.cwd() : dirname(file)),
    variables: () => readEnvironment().variables,
    machineIdentity: environment.machineIdentity,
  })
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
    log.info({ signal }, 'stopping: no new requests, the running ones have up to 30 s')
    house.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', () => void house.reload())
  return house
}

/** Names under which secrets could ever come into a log line; none does by intention. */
const redacted = ['authorization', 'apiKey', 'api_key', 'secret', 'password', 'token', 'value'].flatMap((name) => [
  name,
  `*.${name}`,
])

function greet(house: House, { variables }: Environment, host: string): void {
  const snapshot = house.snapshot()
  const { origin, warnings, notes } = house.config.loaded()
  const lines = [
    `Asbru listens on ${house.url}`,
    '',
    `Settings come from ${origin}.`,
    ...describe(snapshot),
    `Store: ${describeStore(house.store)}.`,
    ...warnings.map((warning) => `Warning: ${findingText(warning)}`),
    ...notes.map((note) => `Note: ${note}`),
    ...(readDatabaseUrl(variables).kind === 'other'
      ? ['Note: DATABASE_URL is not used: it is no postgres:// address.']
      : []),
    ...(isOpen(snapshot) && !isLoopback(host) ? openWarning : []),
    '',
    'Try it:',
    '',
    curl(house),
    '',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

const openWarning = [
  '',
  '****************************************************************************',
  '*  WARNING: everybody who can reach this address can spend your keys.      *',
  '*  It is no loopback address, and nothing is required of clients. Require  *',
  '*  virtual keys with client.enforce_auth_on_inference, or admin            *',
  '*  credentials with auth_config, or listen on 127.0.0.1.                   *',
  '****************************************************************************',
]

function curl(house: House): string {
  const snapshot = house.snapshot()
  const body = JSON.stringify({ model: exampleModel(snapshot), messages: [{ role: 'user', content: 'Hello, Asbru!' }] })
  const lines = [`curl ${house.url}/openai/v1/chat/completions`, "  -H 'Content-Type: application/json'"]
  if (snapshot.client.enforceVirtualKey) lines.push('  -H "x-bf-vk: $VIRTUAL_KEY"')
  else if (snapshot.admin?.onInference === true) lines.push('  -u "$ADMIN_USERNAME:$ADMIN_PASSWORD"')
  return [...lines, `  -d '${body}'`].join(' \\\n')
}

/** A model that is sure to be there: one that a virtual key or a provider's key names, else the simulator's. */
function exampleModel({ providers, virtualKeys, client }: ReturnType<House['snapshot']>): string {
  const entries = client.enforceVirtualKey ? [...virtualKeys.values()].flatMap((key) => key.providers ?? []) : []
  for (const { provider, models } of entries)
    if (models !== 'all') for (const model of models) return `${provider}/${model}`
  for (const [id, { keys }] of providers) {
    for (const key of keys)
      if (key.enabled && key.models !== 'all') for (const model of key.models) return `${id}/${model}`
  }
  return 'simulator/echo'
}

function fail(error: unknown): void {
  if (error instanceof ConfigFaults) process.stderr.write(`${error.message}\n`)
  else process.stderr.write(`asbru: ${startFault(error as NodeJS.ErrnoException)}\n`)
  process.exit(1)
}

function startFault(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return `the address is in use: ${error.message}. Choose another port with --port.`
  if (error.code === 'EACCES') return `may not listen there: ${error.message}. Choose a port above 1023 with --port.`
  return error.stack ?? String(error)
}
