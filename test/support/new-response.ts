/** Responses, for tests of stores. */
import { randomBytes } from 'node:crypto'
import type { EndedResponse, ResponseEnd } from '../../src/ports/response-store.ts'

export function newResponseId(): string {
  return `resp_${randomBytes(24).toString('hex')}`
}

/** One that was made at once, of one question and one answer, whose ids are made of its own. */
export function makeResponse(changes: Partial<EndedResponse> = {}): EndedResponse {
  const { id = newResponseId() } = changes
  return {
    ...makeEnd(),
    id,
    owner: 'vk',
    createdAt: 0,
    previousId: null,
    conversationId: null,
    jobId: null,
    streamed: false,
    input: [{ id: `question of ${id}`, item: '{"type":"message","role":"user","content":"Grüße"}' }],
    output: [{ id: `answer of ${id}`, item: '{"type":"message","role":"assistant","content":[]}' }],
    ...changes,
  }
}

export function makeEnd(changes: Partial<ResponseEnd> = {}): ResponseEnd {
  return {
    status: 'completed',
    provider: 'openai',
    keyId: 'key-1',
    upstreamId: 'resp_upstream',
    output: [{ id: 'msg_answer', item: '{"type":"message","role":"assistant","content":[]}' }],
    response: '{"object":"response","status":"completed"}',
    expiresAt: 1000,
    conversationExpiresAt: 1000,
    ...changes,
  }
}
