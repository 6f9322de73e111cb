/** Puts the house together: the only file that knows which store is which. */

import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { createCatalogue } from './catalogue/catalogue.ts'
import { loadPriceLists } from './catalogue/load-lists.ts'
import { encryptionKey } from './config/encryption-key.ts'
import type { MachineIdentity } from './config/environment.ts'
import type { ConfigFaults } from './config/finding.ts'
import { builtInProvider } from './config/provider-settings.ts'
import { describeStore, storeSettings } from './config/store-settings.ts'
import { type ConfigSource, openConfig, type ReloadResult } from './config/watch.ts'
import type { Snapshot } from './core/snapshot.ts'
import type { StoreSettings } from './core/store-settings.ts'
import { openaiChatClient } from './dialects/openai-chat/client.ts'
import { openaiResponsesClient } from './dialects/openai-responses/client.ts'
import { createCipher } from './encryption/create-cipher.ts'
import { createModelLister } from './engine/list-models.ts'
import { explainPlan, makePlan } from './engine/plan.ts'
import { MissingPaths } from './engine/missing-paths.ts'
import type { World } from './engine/world.ts'
import { createJobTeller } from './http/async/job-teller.ts'
import { createJobKinds } from './http/async/kinds.ts'
import { createFront, type FrontOptions } from './http/server.ts'
import { startCleaner } from './jobs/cleaner.ts'
import { createJobs } from './jobs/jobs.ts'
import { createStoreMetrics } from './jobs/store-metrics.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import { isProviderId, providers } from './providers/index.ts'
import { simulator } from './providers/simulator.ts'
import { Background } from './responses/background.ts'
import { createConversationDesk } from './responses/conversations.ts'
import { createResponseDesk } from './responses/desk.ts'
import { Followers } from './responses/followers.ts'
import { type Simulator, startSimulator } from './simulator/server.ts'
import { createMemorySessions } from './stores/memory/sessions.ts'
import { openStores } from './stores/open-stores.ts'
import { createTokenizer } from './tokenizer/tokenizer.ts'
import type { SignIn } from './upstream/authorize.ts'
import { createAwsSignIn } from './upstream/aws-sign-in.ts'
import { type AzureSignIn, createAzureSignIn } from './upstream/azure-sign-in.ts'
import { createGoogleSignIn, type GoogleSignIn } from './upstream/google-sign-in.ts'
import { tokenFetch, tokenRequest } from './upstream/token-request.ts'
import { createUpstream } from './upstream/upstream.ts'
import { createPost, resolveBySystem } from './webhooks/post.ts'
import { createWebhooks } from './webhooks/webhooks.ts'

export interface HouseOptions {
  readonly log: Log
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Null: the environment says it all. */
  readonly configFile: string | null
  /** Where things are kept that have to outlive the process, unless the settings name a place. Absent: in memory then. */
  readonly directory?: string
  variables(): Readonly<Record<string, string | undefined>>
  readonly machineIdentity: MachineIdentity
  /** Milliseconds in which a request has to arrive, and what sockets may cost; the front door has defaults. */
  readonly arrival?: Pick<FrontOptions, 'headersTimeout' | 'requestTimeout' | 'sockets'>
}

export interface House {
  readonly url: string
  readonly config: ConfigSource
  /** Where things are kept. A change of the configuration does not change it. */
  readonly store: StoreSettings
  snapshot(): Snapshot
  reload(): Promise<ReloadResult>
  /** Takes no more, lets what is running end within so many milliseconds, and closes everything. */
  close(drainTime?: number): Promise<void>
}

/** Reads the configuration and opens the door. Rejects with `ConfigFaults`, or with the socket's error when the port is taken. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { log } = options
  let opened: StoreSettings | undefined
  const [config, simulated] = await Promise.all([
    openConfig({
      file: options.configFile,
      providers,
      variables: options.variables,
      onReload(result) {
        tellReload(result, log)
        if (opened !== undefined && describeStore(readStore()) !== describeStore(opened)) log.warn({}, storeStays)
      },
    }),
    startSimulator({ requireKey: false, remember: 0 }),
  ])
  const settings = withSimulator(config, simulated)
  const background = new Set<Promise<unknown>>()
  const signInWorld = { now: Date.now, readFile: (path: string) => readFile(path, 'utf8') }
  const azure = createAzureSignIn({ ...signInWorld, request: tokenRequest, environment: identityVariables(options) })
  const google = createGoogleSignIn({ ...signInWorld, fetch: tokenFetch })
  const upstream = createUpstream({ signIn: tokenOf(azure, google), aws: createAwsSignIn(signInWorld) })
  const tokenizer = createTokenizer(systemClock, (error) =>
    log.error({ err: error }, 'the thread that counts tokens has ended: counts are estimates by length'),
  )
  const world: World = {
    clock: systemClock,
    log,
    sessions: createMemorySessions(systemClock),
    prices: createCatalogue({
      load: loadPriceLists,
      onFailure: (error) => log.error({ err: error }, 'the price lists cannot be read: costs are not known'),
    }),
    tokenizer,
    upstream,
    missingPaths: new MissingPaths(systemClock),
    random: Math.random,
    isProvider: isProviderId,
    background(task) {
      background.add(task)
      task
        .catch((error: unknown) => log.error({ err: error }, 'background work failed'))
        .finally(() => background.delete(task))
    },
  }
  const readStore = () => storeSettings(config.loaded().config, options.variables(), options.directory ?? null)
  const store = readStore()
  opened = store
  const stores = openStores(store, log)
  const cipher = createCipher(encryptionKey(config.loaded().config, options.variables()))
  const kept = { world, store: stores.responses, cipher, newSecret: () => randomBytes(24).toString('hex') }
  const responses = createResponseDesk(kept)
  const backgroundResponses = new Background({
    ...kept,
    jobs: stores.jobs,
    responses,
    client: openaiResponsesClient,
    newId: randomUUID,
  })
  const followers = new Followers(backgroundResponses, responses, stores.responses, world)
  const jobs = createJobs({
    world,
    store: stores.jobs,
    cipher,
    kinds: [...createJobKinds(responses), backgroundResponses.kind],
    snapshot: settings,
    worker: `${hostname()} ${process.pid}`,
    newId: randomUUID,
    newToken: randomUUID,
  })
  const webhooks = createWebhooks({
    world,
    jobs: stores.jobs,
    deliveries: stores.deliveries,
    teller: createJobTeller(cipher),
    post: createPost({ wallClock: Date.now, resolve: resolveBySystem }),
    endpoints: () => settings().webhooks,
    newToken: randomUUID,
  })
  const desks = { desk: jobs.desk, deliveries: webhooks.desk }
  const front = createFront({
    ...options.arrival,
    world,
    models: createModelLister(world),
    ...desks,
    responses,
    background: backgroundResponses,
    followers,
    conversations: createConversationDesk(kept),
    metrics: createStoreMetrics(stores.jobs, stores.responses, systemClock),
    snapshot: settings,
  })
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
  for (const worker of [jobs, webhooks]) {
    if (isNew(store)) worker.startWhenDue()
    else worker.start()
  }
  const cleaner = startCleaner({
    world,
    store: stores.responses,
    what: 'responses',
    isUsed: () => store.kind === 'memory' || !isNew(store),
  })
  return {
    url: addressOf(server.address() as AddressInfo),
    config,
    store,
    snapshot: settings,
    reload: () => config.reload(),
    async close(drainTime = 30_000) {
      config.close()
      const timer = setTimeout(() => front.closeAll(), drainTime)
      followers.release()
      cleaner.stop()
      await Promise.all([jobs.stop(drainTime), webhooks.stop(drainTime), front.drain()])
      clearTimeout(timer)
      const closed = once(server, 'close')
      server.close()
      front.closeAll()
      await closed
      await Promise.all(background)
      await stores.close()
      await tokenizer.close()
      await upstream.close()
      await simulated.close()
    },
  }
}

const storeStays = 'the configuration names another store: it is used after a restart, until then the one from before'

/** Nothing was kept there so far; and for those who never have a job, nothing is made there. */
function isNew(store: StoreSettings): boolean {
  return store.kind === 'memory' || (store.kind === 'sqlite' && !existsSync(store.file))
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

function tokenOf(azure: AzureSignIn, google: GoogleSignIn): SignIn {
  return (credential) => {
    switch (credential.kind) {
      case 'entra-client':
      case 'entra-machine':
        return azure.token(credential)
      default:
        return google.token(credential)
    }
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
        dialectHeaders: [],
        passExtraParams: false,
        rawRequest: false,
        rawResponse: false,
        defaultProvider: 'openai',
        apiVersion: undefined,
        explain: true,
      },
      caller: { virtualKey: null, admin: false, directKey: null },
      snapshot,
      isProvider: (id) => isProviderId(id) || snapshot.providers.has(id),
      random: Math.random,
      rememberedKey: () => undefined,
    }),
  )
}
