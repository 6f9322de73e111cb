/** The place of a response that is not there yet, or that will not come. https://platform.openai.com/docs/guides/background */
import type { Asked, EndedReply, PendingReply } from '../../core/dialect.ts'
import { type ExtraFields, extraFieldsJson } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { responseError } from './response-error.ts'
import { responseObject } from './response-object.ts'

/** What OpenAI calls it where the client asked for an answer in the background. Handed in by header, it has the words of a job. */
const backgroundStates = { pending: 'queued', processing: 'in_progress' } as const

export function encodePending({ state, ...head }: PendingReply, extra: ExtraFields, asked?: Asked): JsonObject {
  const status = asked?.request.body['background'] === true ? backgroundStates[state] : state
  return { ...responseObject(head, { status }, asked), extra_fields: extraFieldsJson(extra) }
}

export function encodeEnded({ error, ...head }: EndedReply, extra: ExtraFields, asked: Asked): JsonObject {
  const state =
    error === undefined
      ? ({ status: 'cancelled' } as const)
      : ({ status: 'failed', error: responseError(error) } as const)
  return { ...responseObject(head, state, asked), extra_fields: extraFieldsJson(extra) }
}
