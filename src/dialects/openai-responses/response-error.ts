/**
 * How a failure is told once the client has a response or a stream: as the error of the response, or by an event of its own.
 * https://platform.openai.com/docs/api-reference/responses-streaming/error
 */
import { errorEnvelope } from '../../core/error-envelope.ts'
import { failures, type GatewayError } from '../../core/errors.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { objectOf, textOf } from '../../core/wire.ts'

/** Codes that OpenAI documents for a response, and two that its clients act upon. */
const codes = new Set([
  'server_error',
  'rate_limit_exceeded',
  'invalid_prompt',
  'data_residency_mismatch',
  'bio_policy',
  'misalignment_policy_violation',
  'vector_store_timeout',
  'invalid_image',
  'invalid_image_format',
  'invalid_base64_image',
  'invalid_image_url',
  'image_too_large',
  'image_too_small',
  'image_parse_error',
  'image_content_policy_violation',
  'invalid_image_mode',
  'image_file_too_large',
  'unsupported_image_media_type',
  'empty_image_file',
  'failed_to_download_image',
  'image_file_not_found',
  'context_length_exceeded',
  'insufficient_quota',
])

/** The `error` of a response that failed. Its code is one that clients know; `type` says it in our words. */
export function responseError(error: GatewayError): JsonObject {
  const { details, failure, status, message } = error
  const { code, type = failures[failure].type, param } = details
  const known = code !== undefined && codes.has(code)
  return {
    code: known ? code : status === 429 ? 'rate_limit_exceeded' : 'server_error',
    message,
    type,
    param: textOf(param) ?? null,
  }
}

/** The `error` event, for a failure before there is a response. SDKs read the flat members, or `error`. */
export function errorEvent(error: GatewayError, sequenceNumber: number, extra: ExtraFields): JsonObject {
  const envelope = errorEnvelope(error, extra)
  const { code = null, message = '', param } = objectOf(envelope['error']) ?? {}
  return {
    ...envelope,
    type: 'error',
    sequence_number: sequenceNumber,
    code,
    message,
    param: textOf(param) ?? null,
    extra_fields: { ...objectOf(envelope['extra_fields']), chunk_index: sequenceNumber },
  }
}
