/** The database as its thread has it: opened when it is needed, anew when something was wrong with it, and asked in batches. */
import type { DatabaseSync } from 'node:sqlite'
import type { Migration } from '../read-migrations.ts'
import type { FaultKind, StoreState } from '../store-fault.ts'
import { type Database, openDatabase } from './database.ts'
import { faultOf, needsOpening } from './faults.ts'
import type { Answer, Request } from './messages.ts'
import type { Module } from './module.ts'

export interface SessionOptions {
  readonly file: string
  readonly migrations: readonly Migration[]
  modules(connection: DatabaseSync): Modules
  now(): number
  onState(state: StoreState): void
}

export type Modules = Readonly<Record<string, Module>>

interface Opened extends Database {
  readonly kind: 'opened'
  readonly modules: Modules
}

/** It could not be opened, and is not tried again before that time. */
interface Refusal {
  readonly kind: 'refused'
  readonly answer: Answer
  readonly until: number
}

interface Task {
  readonly writes: boolean
  run(): unknown
}

/** Milliseconds until an opening that failed is tried again. */
const pause = 1000

export class Session {
  readonly #options: SessionOptions
  #opened: Opened | undefined
  #refusal: Refusal | undefined
  #lastFault: Answer = { kind: 'fault', fault: 'closed', message: 'It is not open.' }
  #told: StoreState['kind'] | FaultKind | undefined

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** The answers in the order of the requests. What they wrote is on the disk then; what they read may be younger than what others of them wrote. */
  answer(requests: readonly Request[]): Answer[] {
    const opened = this.#open()
    if (opened.kind === 'refused') return requests.map(() => opened.answer)
    const tasks = requests.map((request) => taskOf(opened.modules, request))
    const written = this.#write(
      opened,
      tasks.filter(({ writes }) => writes),
    )
    return tasks.map((task) => written.get(task) ?? this.#read(opened, task))
  }

  close(): void {
    const opened = this.#opened
    this.#opened = undefined
    opened?.connection.close()
  }

  #open(): Opened | Refusal {
    if (this.#opened?.isInPlace() === false) this.close()
    if (this.#opened !== undefined) return this.#opened
    const { now } = this.#options
    if (this.#refusal !== undefined && now() < this.#refusal.until) return this.#refusal
    try {
      this.#opened = this.#openAnew()
      this.#tell({ kind: 'ready' })
      return this.#opened
    } catch (error) {
      this.#refusal = {
        kind: 'refused',
        answer: this.#failed(error, faultOf(error) ?? 'cannot-open'),
        until: now() + pause,
      }
      return this.#refusal
    }
  }

  #openAnew(): Opened {
    const { file, migrations, modules } = this.#options
    const database = openDatabase(file, migrations)
    return { kind: 'opened', ...database, modules: modules(database.connection) }
  }

  #read(opened: Opened, task: Task): Answer {
    // What was given up while this batch was worked on can be asked nothing more.
    if (this.#opened !== opened) return this.#lastFault
    try {
      return { kind: 'value', value: task.run() }
    } catch (error) {
      return this.#failed(error, faultOf(error))
    }
  }

  /** All or nothing, as far as the disk is concerned; one commit for all of them is what makes many of them cheap. */
  #write(opened: Opened, tasks: readonly Task[]): Map<Task, Answer> {
    const answers = new Map<Task, Answer>()
    if (tasks.length === 0) return answers
    const { connection } = opened
    try {
      connection.exec('begin immediate')
      begin(opened.modules)
      for (const task of tasks) answers.set(task, writeOne(opened, task))
      connection.exec('commit')
      this.#tell({ kind: 'ready' })
      return answers
    } catch (error) {
      undo(connection)
      const answer = this.#failed(error, faultOf(error))
      return new Map(tasks.map((task) => [task, answer]))
    }
  }

  #failed(error: unknown, fault: FaultKind | undefined): Answer {
    if (fault === undefined) return { kind: 'error', error }
    if (needsOpening(fault)) this.#abandon()
    const { message } = error as Error
    this.#tell({ kind: 'unavailable', fault, message })
    this.#lastFault = { kind: 'fault', fault, message }
    return this.#lastFault
  }

  /** A database that is broken may break while it is closed as well. */
  #abandon(): void {
    try {
      this.close()
    } catch {
      // It is out of our hands already, and will be opened anew.
    }
  }

  #tell(state: StoreState): void {
    const told = state.kind === 'ready' ? state.kind : state.fault
    if (told === this.#told) return
    this.#told = told
    this.#options.onState(state)
  }
}

function taskOf(modules: Modules, { module, name, argument }: Request): Task {
  const { reads, writes } = modules[module]!
  const operation = writes[name] ?? reads[name]!
  return { writes: name in writes, run: () => operation(argument as never) }
}

function begin(modules: Modules): void {
  for (const module of Object.values(modules)) module.begin?.()
}

/** A fault of ours is undone alone; one of the store undoes all. */
function writeOne({ connection, modules }: Opened, task: Task): Answer {
  connection.exec('savepoint task')
  try {
    const value = task.run()
    connection.exec('release task')
    return { kind: 'value', value }
  } catch (error) {
    if (faultOf(error) !== undefined) throw error
    connection.exec('rollback to task; release task')
    begin(modules)
    return { kind: 'error', error }
  }
}

function undo(connection: DatabaseSync): void {
  try {
    if (connection.isTransaction) connection.exec('rollback')
  } catch {
    // Then SQLite has undone it already, or will when the file is opened anew.
  }
}
