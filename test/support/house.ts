/** Opens whole houses for tests: a gateway in this process on a free port, with a strict simulator as its provider. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type House, type HouseOptions, openHouse } from '../../src/house.ts'
import type { Log } from '../../src/ports/log.ts'
import { type Simulator, startSimulator } from '../../src/simulator/server.ts'

export interface TestHouse {
  /** Such as `http://127.0.0.1:40123`, without a path. */
  readonly url: string
  readonly house: House
  /** Wants keys and refuses unknown fields, as a real provider does; `requests` is what it was sent. */
  readonly simulator: Simulator
  readonly log: LogLine[]
  /** The configuration file, for tests that change it. */
  readonly file: string
  /** Rejects when the house has met a bug of its own, so that none hides behind a status. */
  close(): Promise<void>
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: object
  readonly message: string
}

export interface TestHouseOptions {
  /** What `config.json` says; given the simulator's URL where it is a function. Default: `openai` with one key. */
  readonly config?: object | ((simulatorUrl: string) => object)
  /** What `env.NAME` refers to. */
  readonly variables?: Readonly<Record<string, string | undefined>>
  /** Milliseconds that running requests have when the house is closed. */
  readonly drainTime?: number
  /** Milliseconds in which requests have to arrive. */
  readonly arrival?: HouseOptions['arrival']
}

/** Rejects with `ConfigFaults` where the configuration is wrong. */
export async function openTestHouse({
  config = openaiOnly,
  variables = {},
  drainTime = 200,
  arrival = {},
}: TestHouseOptions = {}): Promise<TestHouse> {
  const simulator = await startSimulator()
  const directory = await mkdtemp(join(tmpdir(), 'asbru-test-'))
  const file = join(directory, 'config.json')
  await writeFile(file, JSON.stringify(typeof config === 'function' ? config(simulator.url) : config))
  const log: LogLine[] = []
  const clear = async () => {
    await simulator.close()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const house = await openHouse({
      log: logInto(log),
      host: '127.0.0.1',
      port: 0,
      configFile: file,
      variables: () => variables,
      machineIdentity: noIdentity,
      arrival,
    })
    return {
      url: house.url,
      house,
      simulator,
      log,
      file,
      async close() {
        await house.close(drainTime)
        await clear()
        checkNoBug(log)
      },
    }
  } catch (error) {
    await clear()
    throw error
  }
}

function openaiOnly(simulatorUrl: string): object {
  return { providers: { openai: providerAt(simulatorUrl) } }
}

/** The entry of a provider that is the simulator; `network` is added to its `network_config`. */
export function providerAt(url: string, network: object = {}, keys: readonly object[] = [anyKey]): object {
  return { keys, network_config: { base_url: url, ...network } }
}

/** A provider of one's own that speaks OpenAI's dialect. */
export function customProviderAt(url: string, network: object = {}, keys: readonly object[] = [anyKey]): object {
  return { ...providerAt(url, network, keys), custom_provider_config: { base_provider_type: 'openai' } }
}

/** One provider of each wire: all that may become of a translation. */
export const providerOfEachWire = ['openai', 'nebius', 'anthropic', 'gemini', 'cohere', 'bedrock']

/** The simulator under each of these names. */
export function providersAt(url: string, names: readonly string[]): object {
  const keyOf = (name: string) =>
    name === 'bedrock' ? { ...anyKey, bedrock_key_config: { region: 'us-east-1' } } : anyKey
  return Object.fromEntries(names.map((name) => [name, providerAt(url, {}, [keyOf(name)])]))
}

/** A key the simulator takes, for all models. */
export const anyKey = { name: 'main', value: 'sk-test-main', models: ['*'] }

function checkNoBug(log: readonly LogLine[]): void {
  const bug = log.find(({ message }) => message.startsWith('a bug') || message === 'background work failed')
  if (bug === undefined) return
  const { err } = bug.fields as { err?: unknown }
  throw new Error(`The house logged: ${bug.message}`, { cause: err })
}

const noIdentity = {
  tenantId: undefined,
  clientId: undefined,
  federatedTokenFile: undefined,
  authorityHost: undefined,
  endpoint: undefined,
  header: undefined,
}

function logInto(lines: LogLine[]): Log {
  const at = (level: LogLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message })
  }
  return { isLevelEnabled: () => true, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
