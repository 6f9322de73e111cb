import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Adding, startAdding } from '../../../test/support/adding.ts'
import { newJob } from '../../../test/support/new-job.ts'
import { until } from '../../../test/support/until.ts'
import type { JobStore } from '../../ports/job-store.ts'
import type { StoreState } from '../store-fault.ts'
import { createSqliteEngine, type SqliteEngine } from './engine.ts'
import { createSqliteJobStore } from './job-store.ts'

const limits = { all: Number.POSITIVE_INFINITY, owner: Number.POSITIVE_INFINITY }

let directory: string
let file: string
let states: StoreState[]
const engines: SqliteEngine[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'asbru-sqlite-'))
  // For processes of other users.
  chmodSync(directory, 0o777)
  file = join(directory, 'asbru.db')
  states = []
})
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()))
  rmSync(directory, { recursive: true })
})

function open(path = file): { engine: SqliteEngine; store: JobStore } {
  const engine = createSqliteEngine({ file: path, onState: (state) => states.push(state) })
  engines.push(engine)
  return { engine, store: createSqliteJobStore(engine) }
}

/** Those of the ids that there are no jobs for. */
async function missing(store: JobStore, ids: readonly string[]): Promise<string[]> {
  const found = await Promise.all(ids.map((id) => store.get(id, 0)))
  return ids.filter((_, index) => found[index] === undefined)
}

const unavailable = (code: string) =>
  expect.objectContaining({ failure: 'store-unavailable', details: expect.objectContaining({ code }) })
const told = () => states.map((state) => (state.kind === 'ready' ? 'ready' : state.fault))

describe('what was accepted', () => {
  it('is there after the process was killed at any moment', async () => {
    const accepted: string[] = []
    for (const least of [1, 20, 60]) {
      const adding = startAdding({ place: file, letters: 5000 })
      await until(() => adding.added().length >= least, 15_000)
      adding.process.kill('SIGKILL')
      await adding.ended()
      accepted.push(...adding.added())
    }
    const { store } = open()
    expect(await missing(store, accepted)).toEqual([])
    expect((await store.sizes()).pending).toBeGreaterThanOrEqual(accepted.length)
  })

  it('by two processes that start at once on no file is all there', async () => {
    const both = [1, 2].map(() => startAdding({ place: file, count: 30 }))
    await Promise.all(both.map((adding) => adding.ended()))
    expect(both.flatMap((adding) => adding.refused())).toEqual([])
    const accepted = both.flatMap((adding) => adding.added())
    const { store } = open()
    expect(await missing(store, accepted)).toEqual([])
    expect(await store.sizes()).toMatchObject({ pending: 60 })
  })
})

describe('a disk', () => {
  it.skipIf(process.platform !== 'linux')(
    'that fails takes nothing it could lose; when it works again, so does the store',
    async () => {
      const adding = startAdding({ place: file, letters: 100_000, largestFile: 1_000_000 })
      await until(() => adding.refused().length >= 3, 15_000)
      const before = adding.added()
      expect(before.length).toBeGreaterThan(0)
      expect(new Set(adding.refused()).isSubsetOf(new Set(['store_disk', 'store_full', 'store_damaged']))).toBe(true)
      expect(spawnSync('prlimit', ['--pid', String(adding.process.pid), '--fsize=unlimited']).status).toBe(0)
      await until(() => adding.added().length > before.length + 3, 15_000)
      adding.process.kill('SIGKILL')
      await adding.ended()
      const { store } = open()
      expect(await missing(store, adding.added())).toEqual([])
    },
  )

  it.skipIf(!mayMount())('that is full takes nothing it could lose, and goes on when there is room', async () => {
    const disk = join(directory, 'disk')
    mkdirSync(disk)
    run('mount', '-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk)
    try {
      const { store, engine } = open(join(disk, 'asbru.db'))
      await store.sizes()
      writeFileSync(join(disk, 'ballast'), 'x'.repeat(2_000_000))
      const accepted: string[] = []
      const add = async () => {
        const job = newJob({ input: 'x'.repeat(50_000) })
        await store.add(job, limits)
        accepted.push(job.id)
      }
      const refusal = await untilRefused(add)
      expect(refusal).toEqual(unavailable('store_full'))
      expect(await missing(store, accepted)).toEqual([])
      rmSync(join(disk, 'ballast'))
      const before = accepted.length
      await add()
      expect(await missing(store, accepted)).toEqual([])
      expect(before).toBeGreaterThan(0)
      expect(told()).toEqual(['ready', 'full', 'ready'])
      await engine.close()
    } finally {
      run('umount', disk)
    }
  })
})

describe('a file', () => {
  it.each<[string, string, () => void, () => void]>([
    ['that may not be written', 'store_read_only', () => chmodSync(file, 0o444), () => chmodSync(file, 0o666)],
    [
      'in a directory that may not be written',
      'store_read_only',
      () => {
        rmSync(file)
        chmodSync(directory, 0o555)
      },
      () => chmodSync(directory, 0o777),
    ],
  ])('%s takes nothing until it may be', async (_, code, forbid, allow) => {
    writeFileSync(file, '')
    // Root may write everything.
    const uid = process.getuid?.() === 0 ? 65_534 : undefined
    if (uid !== undefined) chownSync(file, uid, uid)
    forbid()
    const adding = startAdding({ place: file, ...(uid === undefined ? {} : { uid }) })
    await until(() => adding.refused().length > 10, 15_000)
    expect(adding.added()).toEqual([])
    expect(new Set(adding.refused())).toEqual(new Set([code]))
    allow()
    await until(() => adding.added().length > 3, 15_000)
    await kill(adding)
  })

  it('that is damaged is told of and left alone; a new one in its place is used', async () => {
    writeFileSync(file, 'garbage '.repeat(1000))
    const { store } = open()
    await expect(store.add(newJob(), limits)).rejects.toEqual(unavailable('store_damaged'))
    await expect(store.get('some', 0)).rejects.toEqual(unavailable('store_damaged'))
    expect(readFileSync(file, 'utf8')).toBe('garbage '.repeat(1000))
    rmSync(file)
    await pause(1100)
    expect(await store.add(newJob(), limits)).toBe('added')
    expect(told()).toEqual(['damaged', 'ready'])
  })

  it('is readable by nobody else', async () => {
    const { store } = open(join(directory, 'made', 'asbru.db'))
    await store.add(newJob(), limits)
    for (const suffix of ['', '-wal', '-shm']) {
      expect(statSync(join(directory, 'made', `asbru.db${suffix}`)).mode & 0o777).toBe(0o600)
    }
  })
})

describe('the thread', () => {
  it('answers what was asked before it is closed, and nothing after', async () => {
    const { engine, store } = open()
    const added = Promise.all(Array.from({ length: 600 }, () => store.add(newJob(), limits)))
    await engine.close()
    expect(new Set(await added)).toEqual(new Set(['added']))
    await expect(store.sizes()).rejects.toEqual(unavailable('store_closed'))
    expect(await open().store.sizes()).toMatchObject({ pending: 600 })
  })

  it('refuses what comes faster than it can ever be done', async () => {
    const { store } = open()
    const asked = Array.from({ length: 10_100 }, () => store.position('some', 0))
    const outcomes = await Promise.allSettled(asked)
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(100)
    expect((refused[0] as PromiseRejectedResult).reason).toEqual(unavailable('store_overloaded'))
  })

  it('that breaks is replaced, and those who waited for it hear of it', async () => {
    const { store } = open()
    let thread: Worker | undefined
    process.once('worker', (worker) => {
      thread = worker
    })
    const kept = newJob()
    await store.add(kept, limits)
    const asked = Array.from({ length: 300 }, () => store.sizes())
    // The first of them are on their way then, the others wait.
    setImmediate(() => void thread!.terminate())
    const outcomes = await Promise.allSettled(asked)
    expect(outcomes[0]).toEqual({ status: 'rejected', reason: unavailable('store_silent') })
    expect(outcomes[299]).toMatchObject({ status: 'fulfilled', value: { pending: 1 } })
    expect(await store.add(newJob(), limits)).toBe('added')
    expect(told()).toEqual(['ready', 'silent', 'ready'])
  })

  it('is not made for nothing', async () => {
    const { engine } = open()
    await engine.close()
    expect(() => statSync(file)).toThrow('ENOENT')
  })
})

async function kill(adding: Adding): Promise<void> {
  adding.process.kill('SIGKILL')
  await adding.ended()
}

/** Repeats what is asked until it rejects; resolves with the error. */
async function untilRefused(ask: () => Promise<void>): Promise<unknown> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    try {
      await ask()
    } catch (error) {
      return error
    }
  }
  throw new Error('It was never refused.')
}

/** Tests that need a disk of their own are left out where none can be made. */
function mayMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'asbru-mount-'))
  const made = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place]).status === 0
  if (made) run('umount', place)
  rmSync(place, { recursive: true })
  return made
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
}
