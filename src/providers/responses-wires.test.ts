/** Who is spoken to on the Responses wire, by whom, and where. */
import { describe, expect, test } from 'vitest'
import { type PathTarget, type Provider, pathOf, wireOf } from '../core/provider.ts'
import { findProvider, providers } from './index.ts'
import { withoutResponses } from './responses-wires.ts'

const of = (id: string): Provider => findProvider(id) as Provider

function target(model: string, changes: Partial<PathTarget> = {}): PathTarget {
  return { client: 'openai-responses', model, requested: model, stream: false, ...changes }
}

function spoken(id: string, to: PathTarget) {
  const wire = wireOf(of(id), to)
  return [wire?.chat.dialect, wire?.path, wire?.keepsState] as const
}

test.each<[string, string, string]>([
  ['openai', 'gpt-4o', '/v1/responses'],
  ['xai', 'grok-4', '/v1/responses'],
  ['openrouter', 'openai/o3', '/v1/responses'],
  ['groq', 'openai/gpt-oss-20b', '/v1/responses'],
  ['vllm', 'm', '/v1/responses'],
  ['sgl', 'm', '/v1/responses'],
  ['ollama', 'm', '/v1/responses'],
  ['huggingface', 'm', '/v1/responses'],
  ['fireworks', 'm', '/v1/responses'],
  ['databricks', 'databricks-gpt-5', '/serving-endpoints/responses'],
  ['cloudflare', '@cf/openai/gpt-oss-120b', '/v1/responses'],
  ['perplexity', 'openai/gpt-5.5', '/v1/responses'],
  ['simulator', 'echo', '/v1/responses'],
])('%s speaks it with its clients: %s', (id, model, path) => {
  expect(spoken(id, target(model)).slice(0, 2)).toEqual(['openai-responses', path])
})

test.each<[string, string]>([
  ['mistral', 'm'],
  ['together', 'm'],
  ['anthropic', 'claude-x'],
  ['gemini', 'gemini-2.5-pro'],
  ['databricks', 'databricks-claude-sonnet-4'],
  ['databricks', 'databricks-gpt-oss-120b'],
  ['cloudflare', '@cf/meta/llama-3.1-8b-instruct'],
  ['perplexity', 'sonar'],
  ['azure', 'claude-sonnet-4-5'],
])('%s is spoken to on a wire of its own: %s', (id, model) => {
  expect(spoken(id, target(model))[0]).not.toBe('openai-responses')
})

test('a history is left only to those who continue from an id as OpenAI does', () => {
  const keepers = providers.filter(({ wires }) => wires?.some(({ keepsState }) => keepsState === true))
  expect(keepers.map(({ id }) => id)).toEqual(['azure', 'openai', 'simulator'])
  expect(spoken('openai', target('gpt-5', { client: 'openai-chat' }))[2]).toBe(false)
})

describe('models without chat completions are spoken to on it for every client', () => {
  const only = [
    ...[
      'o1-pro',
      'o3-pro-2025-06-10',
      'o3-deep-research',
      'o4-mini-deep-research-2025-06-26',
      'gpt-5-pro',
      'gpt-5.4-pro',
    ],
    ...['gpt-5-codex', 'gpt-5.1-codex-max', 'gpt-5.3-codex-spark', 'codex-mini-latest', 'computer-use-preview'],
  ]
  test.each(only)('%s', (model) => {
    for (const client of ['openai-chat', 'anthropic-messages']) {
      expect(spoken('openai', target(model, { client }))[0]).toBe('openai-responses')
      expect(spoken('azure', target('my-deployment', { client, requested: model }))[0]).toBe('openai-responses')
    }
  })

  test.each(['o1', 'o3', 'o3-mini', 'gpt-5', 'gpt-5-mini', 'gpt-5-chat-latest', 'gpt-4o', 'gpt-5.1', 'my-codex'])(
    'not %s',
    (model) => {
      expect(spoken('openai', target(model, { client: 'openai-chat' }))[0]).toBe('openai-chat')
    },
  )

  test('those of Perplexity are known by their maker', () => {
    expect(spoken('perplexity', target('openai/gpt-5.5', { client: 'openai-chat' }))[0]).toBe('openai-responses')
    expect(spoken('perplexity', target('sonar', { client: 'openai-chat' }))[0]).toBe('openai-chat')
  })
})

describe('Azure', () => {
  test.each<[string | undefined, string]>([
    [undefined, '/openai/v1/responses'],
    ['preview', '/openai/v1/responses?api-version=preview'],
    ['v1', '/openai/v1/responses?api-version=v1'],
    // Older than Responses.
    ['2024-10-21', '/openai/v1/responses'],
    ['2025-01-01-preview', '/openai/v1/responses'],
    ['2025-03-01-preview', '/openai/responses?api-version=2025-03-01-preview'],
    ['2025-04-01-preview', '/openai/responses?api-version=2025-04-01-preview'],
    ['a&b', '/openai/v1/responses?api-version=a%26b'],
  ])('version %s is at %s', (apiVersion, path) => {
    const wire = wireOf(of('azure'), target('d', { apiVersion }))
    expect(wire?.path).toBe(path)
    const counting = pathOf(wire!.count!.path, target('d', { apiVersion }))
    expect(counting).toBe(path.replace('/responses', '/responses/input_tokens'))
  })

  test('has the deployment in the body', () => {
    const text = '{"model":"gpt-5","input":"Hi"}'
    const request = {
      text,
      members: [{ key: 'model', keyAt: 1, at: 9, end: 16 }],
      body: { model: 'gpt-5', input: 'Hi' },
    }
    const { chat } = wireOf(of('azure'), target('my-deployment'))!
    const to = { model: 'my-deployment', passExtraParams: false, header: () => undefined }
    expect(chat.adaptRequest(request, to).text).toBe('{"model":"my-deployment","input":"Hi"}')
  })
})

test('OpenAI counts for clients of every wire', () => {
  for (const client of ['openai-responses', 'openai-chat', 'anthropic-messages']) {
    const count = wireOf(of('openai'), target('gpt-4o', { client }))?.count
    expect([count?.path, count?.tokens.dialect]).toEqual(['/v1/responses/input_tokens', 'openai-responses'])
  }
})

test('a server of one’s own that only has chat completions is never asked on it', () => {
  const plain = withoutResponses(of('openai'))
  for (const model of ['gpt-4o', 'gpt-5-codex']) {
    const wire = wireOf(plain, target(model))
    expect([wire?.chat.dialect, wire?.path, wire?.count]).toEqual(['openai-chat', '/v1/chat/completions', undefined])
  }
  // Other wires stay.
  expect(withoutResponses(of('azure')).wires).toHaveLength(1)
})
