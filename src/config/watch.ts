/** Keeps the settings current: reads the configuration anew when its file changes or when asked, and keeps the last good one. */
import { createHash } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { Provider } from '../core/provider.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { diff } from './diff.ts'
import { ConfigFaults, type Finding } from './finding.ts'
import { type Loaded, loadEnvironment, loadText, readConfigFile } from './load.ts'
import type { Variables } from './reference.ts'
import { buildSnapshot } from './snapshot.ts'

/** Where the settings come from while the house stands. */
export interface ConfigSource {
  /** The last good settings. */
  current(): Snapshot
  /** What was said when they were read. */
  loaded(): Loaded
  /** Reads everything again, environment variables too. Never throws. */
  reload(): Promise<ReloadResult>
  /** Stops watching. */
  close(): void
}

/** What came of reading the configuration again. */
export type ReloadResult =
  | {
      readonly kind: 'applied'
      readonly snapshot: Snapshot
      /** One line each; empty when everything is as it was. */
      readonly changes: readonly string[]
      readonly warnings: readonly Finding[]
    }
  /** It cannot be used; the settings are as they were. */
  | { readonly kind: 'refused'; readonly error: ConfigFaults }

export interface ConfigSourceOptions {
  /** Null: there is none, the environment says it all. */
  readonly file: string | null
  readonly providers: readonly Provider[]
  /** Called at each reading. */
  variables(): Variables
  /** Told of each reading after the first, whoever asked for it; by then `current()` gives the new settings. Must not throw. */
  onReload(result: ReloadResult): void
  /** Read again when the file changes. Default true. */
  readonly watch?: boolean
}

/** Reads the configuration for the first time. Throws `ConfigFaults`. */
export async function openConfig(options: ConfigSourceOptions): Promise<ConfigSource> {
  const { file } = options
  const text = file === null ? '' : await readConfigFile(file)
  const keeper = new Keeper(options, interpret(text, options), fingerprint(text))
  const stop = file === null || options.watch === false ? () => {} : await watchFile(file, keeper)
  return {
    current: () => keeper.reading.snapshot,
    loaded: () => keeper.reading.loaded,
    reload: () => keeper.reload(),
    close: stop,
  }
}

interface Reading {
  readonly loaded: Loaded
  readonly snapshot: Snapshot
}

function interpret(text: string, { file, providers, variables: readVariables }: ConfigSourceOptions): Reading {
  const options = { providers, variables: readVariables() }
  const loaded = file === null ? loadEnvironment(options) : loadText(text, file, options)
  return { loaded, snapshot: buildSnapshot(loaded.config, options) }
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Holds the last good reading, and reads again one after the other. */
class Keeper {
  reading: Reading
  readonly #options: ConfigSourceOptions
  /** What was found last, good or not: the same is not told twice. */
  #seen: string
  #queue: Promise<unknown> = Promise.resolve()

  constructor(options: ConfigSourceOptions, reading: Reading, seen: string) {
    this.#options = options
    this.reading = reading
    this.#seen = seen
  }

  reload(): Promise<ReloadResult> {
    const result = this.#queue.then(async () => this.#apply(await this.#look()))
    this.#queue = result
    return result
  }

  reloadIfChanged(): void {
    this.#queue = this.#queue.then(async () => {
      const before = this.#seen
      const found = await this.#look()
      if (this.#seen !== before) this.#apply(found)
    })
  }

  tell(message: string): void {
    const error = new ConfigFaults(this.#options.file ?? '', [{ path: '', message }])
    this.#options.onReload({ kind: 'refused', error })
  }

  async #look(): Promise<string | ConfigFaults> {
    try {
      const text = this.#options.file === null ? '' : await readConfigFile(this.#options.file)
      this.#seen = fingerprint(text)
      return text
    } catch (error) {
      const faults = asFaults(error, this.#options.file)
      this.#seen = faults.message
      return faults
    }
  }

  #apply(found: string | ConfigFaults): ReloadResult {
    const result = this.#result(found)
    this.#options.onReload(result)
    return result
  }

  #result(found: string | ConfigFaults): ReloadResult {
    if (found instanceof ConfigFaults) return { kind: 'refused', error: found }
    try {
      const before = this.reading.snapshot
      this.reading = interpret(found, this.#options)
      const { snapshot, loaded } = this.reading
      return { kind: 'applied', snapshot, changes: diff(before, snapshot), warnings: loaded.warnings }
    } catch (error) {
      return { kind: 'refused', error: asFaults(error, this.#options.file) }
    }
  }
}

/** Whatever goes wrong while reading, the house stands on the last good settings. */
function asFaults(error: unknown, file: string | null): ConfigFaults {
  if (error instanceof ConfigFaults) return error
  return new ConfigFaults(file ?? 'the environment', [{ path: '', message: `cannot be read: ${String(error)}.` }])
}

/** Editors write a file in several steps: look when it has been quiet for that many milliseconds. */
const quiet = 100

/**
 * Watches the directory and not the file: editors put a new file in the place of the old one, and mounted settings are links that
 * change where they lead to.
 */
async function watchFile(file: string, keeper: Keeper): Promise<() => void> {
  let timer: NodeJS.Timeout | undefined
  const changed = (name: string | null, expected: string) => {
    // Others write to this directory as well. Names with two dots are how mounted settings are exchanged.
    if (name !== null && name !== expected && !name.startsWith('..')) return
    clearTimeout(timer)
    timer = setTimeout(() => keeper.reloadIfChanged(), quiet).unref()
  }
  const lost = (error: unknown) => {
    setImmediate(() => keeper.tell(`is not watched for changes: ${String(error)}.`))
  }
  const watchers: FSWatcher[] = []
  for (const path of new Set([resolve(file), await realpath(file).catch(() => file)])) {
    try {
      const watcher = watch(dirname(path), { persistent: false }, (_, name) => changed(name, basename(path)))
      watchers.push(watcher.on('error', lost))
    } catch (error) {
      lost(error)
    }
  }
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
