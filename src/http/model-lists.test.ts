/** The list of models as each wire format has it. */
import { expect, test } from 'vitest'
import { anthropicModelList, openaiModelList } from './model-lists.ts'

const models = [
  { id: 'openai/gpt-4o', object: 'model', created: 1_715_367_049, owned_by: 'system' },
  {
    id: 'anthropic/claude-x',
    type: 'model',
    display_name: 'Claude X',
    created_at: '2026-01-01T00:00:00Z',
    max_tokens: 64_000,
  },
  { id: 'groq/mine', object: 'model', created: 0 },
]
const extra_fields = { request_type: 'list_models', latency: 0, chunk_index: 0 }
const unknown = { capabilities: null, max_input_tokens: null, max_tokens: null }

test('OpenAI’s is as it is', () => {
  expect(openaiModelList(models)).toEqual({ object: 'list', data: models, extra_fields })
})

test('Anthropic’s has a name and a day for each', () => {
  expect(anthropicModelList(models)).toEqual({
    data: [
      {
        type: 'model',
        id: 'openai/gpt-4o',
        display_name: 'openai/gpt-4o',
        created_at: '2024-05-10T18:50:49.000Z',
        owned_by: 'system',
        ...unknown,
      },
      {
        type: 'model',
        id: 'anthropic/claude-x',
        display_name: 'Claude X',
        created_at: '2026-01-01T00:00:00Z',
        ...unknown,
        max_tokens: 64_000,
      },
      { type: 'model', id: 'groq/mine', display_name: 'groq/mine', created_at: '1970-01-01T00:00:00.000Z', ...unknown },
    ],
    first_id: 'openai/gpt-4o',
    last_id: 'groq/mine',
    has_more: false,
    extra_fields,
  })
})

test('an empty one', () => {
  expect(anthropicModelList([])).toEqual({ data: [], first_id: null, last_id: null, has_more: false, extra_fields })
})

test.each([Number.MAX_VALUE, Number.NaN, -1e300])('a day that cannot be: %d', (created) => {
  expect(anthropicModelList([{ id: 'm', created }])).toMatchObject({
    data: [{ created_at: '1970-01-01T00:00:00.000Z' }],
  })
})
