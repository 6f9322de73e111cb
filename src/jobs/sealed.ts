/** What is kept of a job's content: sealed, and bound to its job, so that one cannot be put in the place of another. */
import type { Cipher } from '../ports/cipher.ts'
import type { Reply } from '../ports/job-store.ts'
import { readReply, type StoredReply, statusOf, writeReply } from './stored-reply.ts'

export function sealInput(id: string, input: string, cipher: Cipher): Promise<string> {
  return cipher.seal(input, inputOf(id))
}

export function openInput(id: string, input: string, cipher: Cipher): Promise<string> {
  return cipher.open(input, inputOf(id))
}

export async function sealReply(id: string, reply: StoredReply, cipher: Cipher): Promise<Reply> {
  return { statusCode: statusOf(reply), result: await cipher.seal(writeReply(reply), resultOf(id)) }
}

export async function openReply(id: string, { statusCode, result }: Reply, cipher: Cipher): Promise<StoredReply> {
  return readReply(await cipher.open(result, resultOf(id)), statusCode)
}

function inputOf(id: string): string {
  return `input of job ${id}`
}

function resultOf(id: string): string {
  return `result of job ${id}`
}
