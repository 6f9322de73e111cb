/** Checks the sense of what a configuration says about stores. */
import type { Draft } from './draft.ts'
import type { Report } from './report.ts'
import type { Config, StoreEntry } from './schema.ts'
import { isKnown, type StoreName } from './store-settings.ts'

const names = ['logs_store', 'config_store'] as const satisfies readonly StoreName[]

export function checkStores(config: Draft<Config>, report: Report): void {
  const used = names.filter((name) => checkStore(name, config[name], report))
  const [first, second] = used
  if (first === undefined || second === undefined || isSame(config[first], config[second])) return
  report.warn([second], `is not used: all that is kept is kept in the one of \`${first}\`.`)
}

/** Could it be used? */
function checkStore(name: StoreName, store: Draft<StoreEntry> | undefined, report: Report): boolean {
  if (store === undefined || store.enabled === false) return false
  if (!isKnown({ type: store.type })) {
    report.warn([name, 'type'], 'is a kind of store that Asbru does not have: this one is not used.')
    return false
  }
  if (store.type === 'postgres') checkPostgres(name, store, report)
  return true
}

function checkPostgres(name: StoreName, { config = {} }: Draft<StoreEntry>, report: Report): void {
  for (const key of ['host', 'user', 'db_name'] as const) {
    if (!config[key]) report.fault([name, 'config', key], 'nothing', 'a text, as `type` is postgres')
  }
  if (config.port !== undefined && !isPort(config.port)) {
    report.fault([name, 'config', 'port'], JSON.stringify(config.port), 'a number from 1 to 65535')
  }
}

function isPort(port: string | number): boolean {
  const number = Number(port)
  return Number.isInteger(number) && number >= 1 && number <= 65_535
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
