import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoreState } from '../store-fault.ts'
import type { Answer } from './messages.ts'
import type { Module } from './module.ts'
import { Session } from './session.ts'

const migrations = [{ version: 1, name: '000001_notes', sql: 'create table notes (text text not null unique)' }]

let directory: string
let file: string
let time: number
let states: StoreState[]
let session: Session
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'asbru-session-'))
  file = join(directory, 'asbru.db')
  time = 0
  states = []
  session = new Session({ file, migrations, modules, now: () => time, onState: (state) => states.push(state) })
})
afterEach(() => {
  session.close()
  rmSync(directory, { recursive: true })
})

const modules = (connection: DatabaseSync): { notes: Module } => ({
  notes: {
    reads: {
      broken() {
        throw Object.assign(new Error('a page is damaged'), { errcode: 11 })
      },
      all: () =>
        connection
          .prepare('select text from notes order by text')
          .all()
          .map(({ text }) => text),
    },
    writes: {
      add: (text: string) => {
        connection.prepare('insert into notes (text) values (?)').run(text)
        if (text === 'bug') throw new TypeError('a bug')
        return text
      },
    },
  },
})

const ask = (...asked: [name: string, argument?: unknown][]) =>
  session.answer(asked.map(([name, argument = null]) => ({ module: 'notes', name, argument })))
const value = (value: unknown): Answer => ({ kind: 'value', value })
const fault = (fault: string) => expect.objectContaining({ kind: 'fault', fault })

describe('a batch', () => {
  it('is answered in its order, and reads see what it wrote', () => {
    expect(ask(['all'], ['add', 'a'], ['all'], ['add', 'b'])).toEqual([
      value(['a', 'b']),
      value('a'),
      value(['a', 'b']),
      value('b'),
    ])
  })

  it('is undone by a fault of ours in the one part alone', () => {
    expect(ask(['add', 'a'], ['add', 'bug'], ['add', 'a'], ['add', 'b'], ['all'])).toEqual([
      value('a'),
      { kind: 'error', error: expect.any(TypeError) },
      { kind: 'error', error: expect.objectContaining({ message: expect.stringContaining('UNIQUE') }) },
      value('b'),
      value(['a', 'b']),
    ])
    expect(states).toEqual([{ kind: 'ready' }])
  })

  it('that meets damage goes no further; the file is opened anew for the next one', () => {
    expect(ask(['add', 'a'], ['all'], ['broken'], ['all'])).toEqual([
      value('a'),
      value(['a']),
      fault('damaged'),
      fault('damaged'),
    ])
    expect(ask(['all'])).toEqual([value(['a'])])
    expect(states.map(({ kind }) => kind)).toEqual(['ready', 'unavailable', 'ready'])
  })

  it('is refused as a whole where the disk is full; reads go on, and later so do writes', () => {
    ask(['add', 'a'])
    const other = new DatabaseSync(file)
    const { page_count: pages } = other.prepare('pragma page_count').get() as { page_count: number }
    other.close()
    const full = limited(pages)
    const long = 'x'.repeat(100_000)
    expect(full.answer(requests(['add', 'b'], ['add', long], ['all']))).toEqual([
      fault('full'),
      fault('full'),
      value(['a']),
    ])
    expect(full.answer(requests(['add', 'c'], ['all']))).toEqual([value('c'), value(['a', 'c'])])
    expect(states.map((state) => (state.kind === 'ready' ? 'ready' : state.fault))).toEqual([
      'ready',
      'ready',
      'full',
      'ready',
    ])
    full.close()
  })
})

/** A session whose file must not grow beyond a few more pages. */
function limited(pages: number): Session {
  return new Session({
    file,
    migrations,
    modules(connection) {
      connection.exec(`pragma max_page_count = ${pages + 2}`)
      return modules(connection)
    },
    now: () => time,
    onState: (state) => states.push(state),
  })
}

function requests(...asked: [name: string, argument?: unknown][]) {
  return asked.map(([name, argument = null]) => ({ module: 'notes', name, argument }))
}

describe('a file', () => {
  it('that is no database is left as it is, and tried again after a second', () => {
    writeFileSync(file, 'garbage '.repeat(1000))
    expect(ask(['add', 'a'], ['all'])).toEqual([fault('damaged'), fault('damaged')])
    expect(readFileSync(file, 'utf8')).toMatch(/^garbage/)
    renameSync(file, `${file}.old`)
    time = 999
    expect(ask(['add', 'a'])).toEqual([fault('damaged')])
    time = 1000
    expect(ask(['add', 'a'])).toEqual([value('a')])
    expect(states.map(({ kind }) => kind)).toEqual(['unavailable', 'ready'])
  })

  it('that lost its end is refused', () => {
    for (let index = 0; index < 200; index++) ask(['add', `${index} ${'x'.repeat(1000)}`])
    session.close()
    truncateSync(file, 40_000)
    expect(ask(['add', 'a'])).toEqual([fault('damaged')])
  })

  it.each<[string, (database: DatabaseSync) => void]>([
    ['has a mark of its own', (database) => database.exec('pragma application_id = 7')],
    ['has tables', (database) => database.exec('create table jobs (id)')],
  ])('of another program that %s stays as it is', (_, make) => {
    const other = new DatabaseSync(file)
    make(other)
    other.close()
    expect(ask(['add', 'a'])).toEqual([fault('cannot-open')])
    expect(states).toEqual([expect.objectContaining({ message: expect.stringContaining('another program') })])
    const looked = new DatabaseSync(file)
    expect(looked.prepare("select name from sqlite_schema where name in ('notes', 'migrations')").all()).toEqual([])
    looked.close()
  })

  it('that was removed while it was open is not written any more: a new one is', () => {
    ask(['add', 'a'])
    rmSync(file)
    expect(ask(['add', 'b'], ['all'])).toEqual([value('b'), value(['b'])])
    session.close()
    expect(ask(['all'])).toEqual([value(['b'])])
  })

  it('in a place where there can be none is refused', () => {
    writeFileSync(join(directory, 'file'), '')
    session = new Session({
      file: join(directory, 'file', 'asbru.db'),
      migrations,
      modules,
      now: () => time,
      onState: (state) => states.push(state),
    })
    expect(ask(['add', 'a'])).toEqual([fault('cannot-open')])
  })

  it('is read while another process writes to it', () => {
    ask(['all'])
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    expect(ask(['all'])).toEqual([value([])])
    other.exec('commit')
    other.close()
    expect(ask(['add', 'a'])).toEqual([value('a')])
  })
})
