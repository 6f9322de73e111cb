/** What must be true of every job, whoever was killed meanwhile. */

/** A call that the provider received. */
export interface Call {
  readonly prompt: string
  /** Unix milliseconds. */
  readonly at: number
}

/** What became of a job whose id its client has heard. */
export interface Fate {
  readonly id: string
  readonly prompt: string
  readonly status: string
  /** What the answer says: the simulator gives back what it is told. */
  readonly answer: string | undefined
  readonly attempts: number
  readonly completedAt: number | undefined
  /** When the provider was called for it, in order. */
  readonly calls: readonly number[]
}

export interface Report {
  readonly fates: readonly Fate[]
  /** When somebody was killed, and when they were back. */
  readonly interruptions: readonly { readonly at: number; readonly until: number }[]
  /** Records of usage, by job. */
  readonly usage: ReadonlyMap<string, number>
}

/** One line for each thing that may not be; empty: all is well. */
export function faultsOf({ fates, interruptions, usage }: Report): string[] {
  const faults: string[] = []
  for (const { id, status, prompt, answer, attempts, calls, completedAt } of fates) {
    const fault = (text: string) => faults.push(`${id} (${prompt}): ${text}`)
    if (status !== 'completed') fault(`it is ${status}`)
    else if (answer !== prompt) fault(`it was answered ${JSON.stringify(answer)}`)
    const records = usage.get(id) ?? 0
    if (records !== 1) fault(`it has ${records} records of usage`)
    if (calls.length === 0) fault('nobody was called for it')
    if (calls.length > attempts) fault(`the provider was called ${calls.length} times in ${attempts} attempts`)
    for (const [index, at] of calls.entries()) {
      if (completedAt !== undefined && at > completedAt) fault('the provider was called when the answer was there')
      const before = calls[index - 1]
      if (before === undefined) continue
      const excused = interruptions.some((interruption) => interruption.until >= before && interruption.at <= at)
      if (!excused) fault('the provider was called again, and nobody had been killed')
    }
  }
  return faults
}

/** How it went, in a line. */
export function summary({ fates, interruptions }: Report): string {
  const calls = fates.reduce((sum, fate) => sum + fate.calls.length, 0)
  const completed = fates.filter(({ status }) => status === 'completed').length
  const most = Math.max(...fates.map(({ attempts }) => attempts))
  return `${completed} of ${fates.length} jobs completed through ${interruptions.length} kills, with ${calls} calls of the provider; at most ${most} attempts at one`
}
