/** Removes jobs whose time is up, in small batches, and tells how much is kept. Nobody sees such a job before it is removed, either. */
import { GatewayError } from '../core/errors.ts'
import type { World } from '../engine/world.ts'
import type { JobStore, StoreSizes } from '../ports/job-store.ts'

/** Milliseconds between two cleanings, give or take a fifth. */
const interval = 60_000
/** Jobs removed at a time, and the pause in which others get at the store. */
const batch = 200
const breath = 50

export interface CleanerOptions {
  readonly world: World
  readonly store: JobStore
  /** Told after each cleaning. */
  onSizes?(sizes: StoreSizes): void
}

export interface Cleaner {
  stop(): void
}

export function startCleaner({ world, store, onSizes }: CleanerOptions): Cleaner {
  let stopped = false
  let cancelTimer = () => {}
  const schedule = () => {
    if (stopped) return
    cancelTimer = world.clock.after(interval * (0.8 + 0.4 * world.random()), () => world.background(clean()))
  }
  async function clean(): Promise<void> {
    try {
      const removed = await removeAll()
      const sizes = await store.sizes()
      world.log.debug({ removed, ...sizes }, 'jobs that are kept')
      onSizes?.(sizes)
    } catch (error) {
      // Whoever needs the store hears that it fails; what is left over is removed another time.
      if (!(error instanceof GatewayError)) throw error
    } finally {
      schedule()
    }
  }
  async function removeAll(): Promise<number> {
    for (let removed = 0; ; ) {
      const found = await store.clean(world.clock.wallClock(), batch)
      removed += found
      if (found < batch || stopped) return removed
      await new Promise<void>((resolve) => void world.clock.after(breath, resolve))
    }
  }
  schedule()
  return {
    stop() {
      stopped = true
      cancelTimer()
    },
  }
}
