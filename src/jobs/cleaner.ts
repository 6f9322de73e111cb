/** Removes what is kept and whose time is up, in small batches, and tells how much is left. Nobody sees such things before they are removed, either. */
import { GatewayError } from '../core/errors.ts'
import type { World } from '../engine/world.ts'

/** Milliseconds between two cleanings, give or take a fifth. */
const interval = 60_000
/** What is removed at a time, and the pause in which others get at the store. */
const batch = 200
const breath = 50

/** A store whose things have their time. */
export interface Cleanable<Sizes extends object> {
  /** Removes about so many; 0 when nothing is left to remove. */
  clean(now: number, limit: number): Promise<number>
  sizes(): Promise<Sizes>
}

export interface CleanerOptions<Sizes extends object> {
  readonly world: World
  readonly store: Cleanable<Sizes>
  /** What it keeps, for the log: `jobs`, … */
  readonly what: string
  /** False: nothing was ever kept, and the store need not be opened. Absent: it is open. */
  isUsed?(): boolean
  /** Told after each cleaning. */
  onSizes?(sizes: Sizes): void
}

export interface Cleaner {
  stop(): void
}

export function startCleaner<Sizes extends object>(options: CleanerOptions<Sizes>): Cleaner {
  const { world, store, what, onSizes } = options
  let stopped = false
  let cancelTimer = () => {}
  const schedule = () => {
    if (stopped) return
    cancelTimer = world.clock.after(interval * (0.8 + 0.4 * world.random()), () => world.background(clean()))
  }
  async function clean(): Promise<void> {
    try {
      if (options.isUsed?.() === false) return
      const removed = await removeAll()
      const sizes = await store.sizes()
      world.log.debug({ removed, ...sizes }, `${what} that are kept`)
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
      // Some things are so large that only a part of them is removed at a time: a small number is no sign of the end.
      if (found === 0 || stopped) return removed
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
