/** Which of the jobs that are due begin next: by priority, then in turn between owners, then by age, as far as limits of concurrency allow. */

/** A job that could begin. */
export interface DueJob {
  /** Empty: nobody's. */
  readonly owner: string
  readonly provider: string
  /** Lower comes first. */
  readonly rank: number
  readonly runAt: number
  /** In which order jobs came. */
  readonly sequence: number
}

/** Running jobs of an owner with a provider. */
export interface RunningJobs {
  readonly owner: string
  readonly provider: string
  readonly count: number
}

export interface Turns<Job extends DueJob> {
  /** Jobs of the same owner, provider and rank, the oldest first; of each at least as many as may begin, where there are so many. */
  readonly queues: readonly (readonly Job[])[]
  readonly running: readonly RunningJobs[]
  /** When an owner last had a turn, as a number that rises; who is not in it never had one. */
  readonly lastTurns: ReadonlyMap<string, number>
  /** Jobs that may begin now. */
  readonly limit: number
  readonly perProvider: number
  readonly perOwner: number
}

/** The jobs that begin, in the order in which their owners have had their turns then. */
export function takeTurns<Job extends DueJob>(turns: Turns<Job>): Job[] {
  const free = new FreeSlots(turns)
  const lastTurns = new Map(turns.lastTurns)
  let queues = turns.queues.filter((queue) => queue.length > 0).map((jobs) => ({ jobs, at: 0 }))
  let turn = lastTurns.values().reduce((latest, last) => Math.max(latest, last), 0)
  const chosen: Job[] = []
  while (chosen.length < turns.limit) {
    // What cannot begin now, cannot later in this round either: slots only become fewer.
    queues = queues.filter(({ jobs, at }) => at < jobs.length && free.has(jobs[at]!))
    const first = firstOf(queues, lastTurns)
    if (first === undefined) break
    const job = first.jobs[first.at++]!
    chosen.push(job)
    free.take(job)
    lastTurns.set(job.owner, ++turn)
  }
  return chosen
}

interface Queue<Job> {
  readonly jobs: readonly Job[]
  at: number
}

function firstOf<Job extends DueJob>(
  queues: readonly Queue<Job>[],
  lastTurns: ReadonlyMap<string, number>,
): Queue<Job> | undefined {
  let first: Queue<Job> | undefined
  for (const queue of queues) {
    if (first === undefined || compare(queue.jobs[queue.at]!, first.jobs[first.at]!, lastTurns) < 0) first = queue
  }
  return first
}

function compare(one: DueJob, other: DueJob, lastTurns: ReadonlyMap<string, number>): number {
  return (
    one.rank - other.rank ||
    (lastTurns.get(one.owner) ?? 0) - (lastTurns.get(other.owner) ?? 0) ||
    one.runAt - other.runAt ||
    one.sequence - other.sequence
  )
}

/** What is left of the limits of concurrency. */
class FreeSlots {
  readonly #providers = new Map<string, number>()
  readonly #owners = new Map<string, number>()
  readonly #perProvider: number
  readonly #perOwner: number

  constructor({ running, perProvider, perOwner }: Turns<DueJob>) {
    this.#perProvider = perProvider
    this.#perOwner = perOwner
    for (const { provider, owner, count } of running) this.#count(provider, owner, count)
  }

  has({ provider, owner }: DueJob): boolean {
    const isProviderFree = (this.#providers.get(provider) ?? 0) < this.#perProvider
    return isProviderFree && (owner === '' || (this.#owners.get(owner) ?? 0) < this.#perOwner)
  }

  take({ provider, owner }: DueJob): void {
    this.#count(provider, owner, 1)
  }

  #count(provider: string, owner: string, count: number): void {
    this.#providers.set(provider, (this.#providers.get(provider) ?? 0) + count)
    this.#owners.set(owner, (this.#owners.get(owner) ?? 0) + count)
  }
}
