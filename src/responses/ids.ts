/** Which ids that clients name can be ids of anything that is kept. */

/** Longest id, in characters, that is looked for or kept. */
const longestId = 512

/** What is false for is not there, without asking: no store could write it. */
export function canBeKept(id: string): boolean {
  return id !== '' && id.length <= longestId && !id.includes('\u0000') && id.isWellFormed()
}
