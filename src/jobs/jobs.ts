/** Everything there is of jobs in one house: the desk, the runner and the cleaner, on one store. */
import { type Cleaner, startCleaner } from './cleaner.ts'
import { createJobDesk, type DeskOptions, type JobDesk } from './desk.ts'
import { createRunner, type RunnerOptions } from './runner.ts'

export interface JobsOptions extends DeskOptions, RunnerOptions {}

export interface Jobs {
  readonly desk: JobDesk
  /** From now on jobs are done. */
  start(): void
  /** The same from the first one on that is handed in here: a store that is new has none, and need not be opened to look for them. */
  startWhenDue(): void
  /** Whoever waits is answered, no job is begun any more, and what runs has so many milliseconds to end. The store stays open. */
  stop(drainTime: number): Promise<void>
}

export function createJobs(options: JobsOptions): Jobs {
  const desk = createJobDesk(options)
  const runner = createRunner(options)
  let cleaner: Cleaner | undefined
  let stopListening = () => {}
  function start(): void {
    stopListening()
    runner.start()
    cleaner = startCleaner({ ...options, what: 'jobs' })
  }
  return {
    desk,
    start,
    startWhenDue() {
      stopListening = options.store.onChange(start)
    },
    async stop(drainTime) {
      stopListening()
      desk.release()
      cleaner?.stop()
      await runner.stop(drainTime)
    },
  }
}
