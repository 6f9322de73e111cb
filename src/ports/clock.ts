/** Time as the house sees it. All in milliseconds. */

export interface Clock {
  /** Only goes forward; of no meaning outside the process. */
  now(): number
  /** Unix time. */
  wallClock(): number
  /** Runs the task once after that long; the result takes it back. */
  after(milliseconds: number, task: () => void): () => void
}
