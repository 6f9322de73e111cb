/** Puts the house together: the only file that knows which store is which. */

import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import type { MachineIdentity } from './config/environment.ts'
import type { ConfigFaults } from './config/finding.ts'
import { builtInProvider } from './config/provider-settings.ts'
import { type ConfigSource, openConfig, type ReloadResult } from './config/watch.ts'
import type { Snapshot } from './core/snapshot.ts'
import { openaiChatClient } from './dialects/openai-chat/client.ts'
import { createModelLister } from './engine/list-models.ts'
import { explainPlan, makePlan } from './engine/plan.ts'
import type { World } from './engine/world.ts'
import { createFront, type FrontOptions } from './http/server.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import { isProviderId, providers } from './providers/index.ts'
import { simulator } from './providers/simulator.ts'
import { type Simulator, startSimulator } from './simulator/server.ts'
import { createMemorySessions } from './stores/memory/sessions.ts'
import { createAzureSignIn } from './upstream/azure-sign-in.ts'
import { tokenRequest } from './upstream/token-request.ts'
import { createUpstream } from './upstream/upstream.ts'

export interface HouseOptions {
  readonly log: Log
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Null: the environment says it all. */
  readonly configFile: string | null
  variables(): Readonly<Record<string, string | undefined>>
  readonly machineIdentity: MachineIdentity
  /** Milliseconds in which a request has to arrive; the front door has defaults. */
  readonly arrival?: Pick<FrontOptions, 'headersTimeout' | 'requestTimeout'>
}

export interface House {
  readonly url: string
  readonly config: ConfigSource
  snapshot(): Snapshot
  reload(): Promise<ReloadResult>
  /** Takes no more, lets what is running end within so many milliseconds, and closes everything. */
  close(drainTime?: number): Promise<void>
}

/** Reads the configuration and opens the door. Rejects with `ConfigFaults`, or with the socket's error when the port is taken. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { log } = options
  const [config, simulated] = await Promise.all([
    openConfig({
      file: options.configFile,
      providers,
      variables: options.variables,
      onReload: (result) => tellReload(result, log),
    }),
    startSimulator({ requireKey: false, remember: 0 }),
  ])
  const settings = withSimulator(config, simulated)
  const background = new Set<Promise<unknown>>()
  const signIn = createAzureSignIn({
    request: tokenRequest,
    now: Date.now,
    readFile: (path) => readFile(path, 'utf8'),
    environment: identityVariables(options),
  })
  const upstream = createUpstream({ signIn: signIn.token })
  const world: World = {
    clock: systemClock,
    log,
    sessions: createMemorySessions(systemClock),
    upstream,
    random: Math.random,
    isProvider: isProviderId,
    background(task) {
      background.add(task)
      task
        .catch((error: unknown) => log.error({ err: error }, 'background work failed'))
        .finally(() => background.delete(task))
    },
  }
  const front = createFront({ ...options.arrival, world, models: createModelLister(world), snapshot: settings })
  const { server } = front
  server.listen(options.port, options.host)
  try {
    await once(server, 'listening')
  } catch (error) {
    config.close()
    await simulated.close()
    throw error
  }
  // What is made for the first request is made now, between listening and that request.
  setImmediate(() =>
    openaiChatClient.checkRequest({ model: 'simulator/echo', messages: [{ role: 'user', content: '' }] }),
  )
  return {
    url: addressOf(server.address() as AddressInfo),
    config,
    snapshot: settings,
    reload: () => config.reload(),
    async close(drainTime = 30_000) {
      config.close()
      const timer = setTimeout(() => server.closeAllConnections(), drainTime)
      await front.drain()
      clearTimeout(timer)
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await Promise.all(background)
      await upstream.close()
      await simulated.close()
    },
  }
}

const systemClock: Clock = {
  now: () => performance.now(),
  wallClock: Date.now,
  after(milliseconds, task) {
    const timer = setTimeout(task, milliseconds)
    return () => clearTimeout(timer)
  },
}

function addressOf({ address, family, port }: AddressInfo): string {
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address
  return `http://${host}:${port}`
}

/** The settings with the built-in provider added to them, made once for each snapshot. */
function withSimulator(config: ConfigSource, simulated: Simulator): () => Snapshot {
  const built = builtInProvider(simulator, simulated.url)
  let from: Snapshot | undefined
  let made: Snapshot | undefined
  return () => {
    const current = config.current()
    if (current !== from || made === undefined) {
      from = current
      made = { ...current, providers: new Map([...current.providers, [simulator.id, built]]) }
    }
    return made
  }
}

function identityVariables({ machineIdentity: identity }: HouseOptions): Record<string, string | undefined> {
  return {
    AZURE_TENANT_ID: identity.tenantId,
    AZURE_CLIENT_ID: identity.clientId,
    AZURE_FEDERATED_TOKEN_FILE: identity.federatedTokenFile,
    AZURE_AUTHORITY_HOST: identity.authorityHost,
    IDENTITY_ENDPOINT: identity.endpoint,
    IDENTITY_HEADER: identity.header,
  }
}

function tellReload(result: ReloadResult, log: Log): void {
  if (result.kind === 'refused') return tellFaults(result.error, log)
  for (const warning of result.warnings) log.warn({ path: warning.path }, `configuration: ${warning.message}`)
  log.info(
    { changes: result.changes },
    result.changes.length === 0 ? 'configuration read again, nothing changed' : 'configuration changed',
  )
}

function tellFaults(error: ConfigFaults, log: Log): void {
  log.error({ faults: error.message }, 'the configuration cannot be used; the last good one stays')
}

/** The plan for one request by the settings of a configuration, without asking anyone: for `asbru explain`. */
export function planFor(settings: Snapshot, model: string, fallbacks: readonly string[] | undefined): object[] {
  const built = builtInProvider(simulator, 'http://127.0.0.1')
  const snapshot = { ...settings, providers: new Map([...settings.providers, [simulator.id, built]]) }
  return explainPlan(
    makePlan({
      model,
      fallbacks,
      operation: 'chat_completion',
      options: {
        pinnedKeyId: undefined,
        pinnedKeyName: undefined,
        session: undefined,
        forwardedHeaders: [],
        passExtraParams: false,
        rawRequest: false,
        rawResponse: false,
        azureClient: false,
        apiVersion: undefined,
        explain: true,
      },
      caller: { virtualKey: null, directKey: null },
      snapshot,
      isProvider: (id) => isProviderId(id) || snapshot.providers.has(id),
      random: Math.random,
      rememberedKey: () => undefined,
    }),
  )
}
