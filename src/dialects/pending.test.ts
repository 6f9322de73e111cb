/** What clients of each wire format are shown of a call that is not answered yet. */
import { expect, it } from 'vitest'
import type { ExtraFields } from '../core/extra-fields.ts'
import { anthropicMessagesClient } from './anthropic-messages/client.ts'
import { openaiChatClient } from './openai-chat/client.ts'

const pending = {
  id: '0d9d0c0e-7f0e-4f6d-8a1d-2f7f0b5f7a10',
  created: 1_767_225_600,
  model: 'gpt-4o',
  state: 'pending',
} as const

const extra: ExtraFields = {
  requestType: 'chat_completion',
  provider: 'openai',
  modelRequested: 'gpt-4o',
  latency: 0,
  chunkIndex: 0,
  asyncJob: { status: 'pending' },
}

const extra_fields = {
  request_type: 'chat_completion',
  provider: 'openai',
  model_requested: 'gpt-4o',
  original_model_requested: 'gpt-4o',
  resolved_model_used: 'gpt-4o',
  latency: 0,
  chunk_index: 0,
  async_job: { status: 'pending' },
}

it('a chat completion without choices', () => {
  expect(openaiChatClient.encodePending?.(pending, extra)).toEqual({
    id: pending.id,
    object: 'chat.completion',
    created: 1_767_225_600,
    model: 'gpt-4o',
    choices: [],
    usage: null,
    extra_fields,
  })
})

it('a message without content and without an end', () => {
  expect(anthropicMessagesClient.encodePending?.(pending, extra)).toEqual({
    id: pending.id,
    type: 'message',
    role: 'assistant',
    model: 'gpt-4o',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 0, output_tokens: 0 },
    extra_fields,
  })
})
