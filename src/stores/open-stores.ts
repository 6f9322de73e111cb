/** Opens what is kept: all ports on one engine, by what the settings say. Nothing is reached or read before it is needed. */
import { basename, dirname, join } from 'node:path'
import type { StoreSettings } from '../core/store-settings.ts'
import type { DeliveryStore } from '../ports/delivery-store.ts'
import type { JobStore } from '../ports/job-store.ts'
import type { Log } from '../ports/log.ts'
import type { ResponseStore } from '../ports/response-store.ts'
import { createMemoryDeliveryStore } from './memory/delivery-store.ts'
import { createMemoryEngine } from './memory/engine.ts'
import { createMemoryJobStore } from './memory/job-store.ts'
import { createMemoryResponseStore } from './memory/response-store.ts'
import { createPostgresDeliveryStore } from './postgres/delivery-store.ts'
import { createPostgresEngine } from './postgres/engine.ts'
import { createPostgresJobStore } from './postgres/job-store.ts'
import { createPostgresResponseStore } from './postgres/response-store.ts'
import { createSqliteDeliveryStore } from './sqlite/delivery-store.ts'
import { createSqliteEngine } from './sqlite/engine.ts'
import { createSqliteJobStore } from './sqlite/job-store.ts'
import { isForeign } from './sqlite/own-file.ts'
import { createSqliteResponseStore } from './sqlite/response-store.ts'
import type { StoreState } from './store-fault.ts'

export interface Stores {
  readonly jobs: JobStore
  readonly deliveries: DeliveryStore
  readonly responses: ResponseStore
  /** What was asked for is done or refused. */
  close(): Promise<void>
}

export function openStores(settings: StoreSettings, log: Log): Stores {
  const onState = (state: StoreState) => tellState(state, log)
  switch (settings.kind) {
    case 'memory':
      return storesOn(createMemoryEngine(), createMemoryJobStore, createMemoryDeliveryStore, createMemoryResponseStore)
    case 'sqlite': {
      const engine = createSqliteEngine({ file: ownFile(settings.file, log), onState })
      return storesOn(engine, createSqliteJobStore, createSqliteDeliveryStore, createSqliteResponseStore)
    }
    case 'postgres': {
      const engine = createPostgresEngine({ url: settings.url, connections: settings.connections, onState })
      return storesOn(engine, createPostgresJobStore, createPostgresDeliveryStore, createPostgresResponseStore)
    }
  }
}

function storesOn<Engine extends { close(): Promise<void> }>(
  engine: Engine,
  createJobs: (engine: Engine) => JobStore,
  createDeliveries: (engine: Engine) => DeliveryStore,
  createResponses: (engine: Engine) => ResponseStore,
): Stores {
  const jobs = createJobs(engine)
  const deliveries = createDeliveries(engine)
  const responses = createResponses(engine)
  return {
    jobs,
    deliveries,
    responses,
    async close() {
      await jobs.close()
      await deliveries.close()
      await responses.close()
      await engine.close()
    },
  }
}

/** Configurations that were written for another program name its file, which is to stay as it is. */
function ownFile(file: string, log: Log): string {
  const own = join(dirname(file), 'asbru.db')
  if (basename(file) === 'asbru.db' || !isForeign(file)) return file
  log.warn(
    { file, instead: own },
    'the database that the configuration names belongs to another program: one beside it is used',
  )
  return own
}

function tellState(state: StoreState, log: Log): void {
  if (state.kind === 'ready') log.info({}, 'what has to be kept can be kept')
  else log.error({ fault: state.fault, reason: state.message }, 'what has to be kept cannot be kept; it is tried again')
}
