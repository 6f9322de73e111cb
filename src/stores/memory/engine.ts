/** What stores in memory share. */
export interface MemoryEngine {
  /** What a job has used; the first record of a job stands. */
  addUsage(jobId: string, record: string): void
  usage(jobId: string): string | undefined
  close(): Promise<void>
}

export function createMemoryEngine(): MemoryEngine {
  const records = new Map<string, string>()
  return {
    addUsage(jobId, record) {
      if (!records.has(jobId)) records.set(jobId, record)
    },
    usage: (jobId) => records.get(jobId),
    close: async () => {},
  }
}
