/** Everything the engine needs of the world; `house.ts` makes the real one, tests make their own. */
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Prices } from '../ports/prices.ts'
import type { Sessions } from '../ports/sessions.ts'
import type { Tokenizer } from '../ports/tokenizer.ts'
import type { Upstream } from '../ports/upstream.ts'
import type { MissingPaths } from './missing-paths.ts'

export interface World {
  readonly clock: Clock
  readonly log: Log
  readonly sessions: Sessions
  readonly prices: Prices
  readonly tokenizer: Tokenizer
  readonly upstream: Upstream
  readonly missingPaths: MissingPaths
  /** From 0 to 1, 1 excluded. */
  random(): number
  /** Every provider that exists, configured or not: what may stand before the slash of a model name. */
  isProvider(id: string): boolean
  /** Work that goes on after the reply; shutdown waits for it. */
  background(task: Promise<unknown>): void
}
