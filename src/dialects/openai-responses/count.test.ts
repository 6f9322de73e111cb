/** What clients are told of a count. */
import { expect, it } from 'vitest'
import { clientCount } from './count.ts'
import { dialect } from './name.ts'

const fields = { requestType: 'count_tokens', provider: 'p', modelRequested: 'm', latency: 3, chunkIndex: 0 }
const extra_fields = {
  request_type: 'count_tokens',
  provider: 'p',
  model_requested: 'm',
  original_model_requested: 'm',
  resolved_model_used: 'm',
  latency: 3,
  chunk_index: 0,
}

it('is told in the words of the wire', () => {
  expect(clientCount.encodeCount({ dialect: 'another', inputTokens: 14, extra: { odd: 1 } }, fields)).toEqual({
    object: 'response.input_tokens',
    model: 'm',
    input_tokens: 14,
    tokens: null,
    total_tokens: 14,
    extra_fields,
  })
})

it('has what a provider of the same wire told beside it, and says when it was estimated', () => {
  const extra = { input_tokens_details: { cached_tokens: 3 } }
  const wire = clientCount.encodeCount({ dialect, inputTokens: 14, extra }, { ...fields, estimated: true })
  expect(wire).toMatchObject({ input_tokens: 14, ...extra, extra_fields: { estimated: true } })
})
