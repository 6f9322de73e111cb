/** Collects times in milliseconds and tells their percentiles. */
export class Latencies {
  #times: number[] = []
  #sorted = true

  record(milliseconds: number): void {
    this.#times.push(milliseconds)
    this.#sorted = false
  }

  get count(): number {
    return this.#times.length
  }

  each(tell: (milliseconds: number) => void): void {
    for (const time of this.#times) tell(time)
  }

  /** The nearest-rank percentile: the smallest time that at least `percent` % of all times do not exceed. */
  percentile(percent: number): number {
    if (!this.#sorted) {
      this.#times.sort((a, b) => a - b)
      this.#sorted = true
    }
    const rank = Math.ceil((percent / 100) * this.#times.length)
    return this.#times[Math.max(rank, 1) - 1] ?? Number.NaN
  }
}

/** The middle of some numbers (the mean of the middle two), NaN when there are none. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]!
  return (sorted[middle - 1]! + sorted[middle]!) / 2
}
