/** Tells Asbru's databases from those of other programs: https://www.sqlite.org/fileformat2.html#application_id */
import { closeSync, openSync, readSync } from 'node:fs'

/** `asbr` as a number. */
export const applicationId = 0x61736272

const headerLength = 100
const magic = 'SQLite format 3\0'
const applicationIdAt = 68

/** Is the file a database that another program has made? What cannot be read is none: whoever opens it will hear what is wrong. */
export function isForeign(file: string): boolean {
  const header = readHeader(file)
  if (header.length < headerLength || header.toString('latin1', 0, magic.length) !== magic) return false
  return header.readUInt32BE(applicationIdAt) !== applicationId
}

function readHeader(file: string): Buffer {
  const header = Buffer.alloc(headerLength)
  try {
    const handle = openSync(file, 'r')
    try {
      return header.subarray(0, readSync(handle, header, 0, headerLength, 0))
    } finally {
      closeSync(handle)
    }
  } catch {
    return header.subarray(0, 0)
  }
}
