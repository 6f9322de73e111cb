/** A response that is made in the background, as long as there is no answer. https://platform.openai.com/docs/guides/background */
import type { ExtraFields } from '../core/extra-fields.ts'
import type { Call } from '../engine/call.ts'
import type { ResponseRecord } from '../ports/response-store.ts'

/** The object as its client is told it. `created`: Unix milliseconds. */
export function standingText(call: Call, state: 'pending' | 'processing', created: number): string {
  const { client, asked, head } = call
  const pending = {
    id: asked.replyId as string,
    created: Math.floor(created / 1000),
    model: head.model,
    state,
  }
  return JSON.stringify(client.encodePending?.(pending, extraOf(call, client.requestType), asked))
}

/** What is told of a call that nobody has answered. */
export function extraOf({ id, head }: Call, requestType: string): ExtraFields {
  return { requestType, modelRequested: head.model, latency: 0, chunkIndex: 0, requestId: id }
}

export function isEnded({ status }: Pick<ResponseRecord, 'status'>): boolean {
  return status !== 'queued' && status !== 'in_progress'
}
