import { readdirSync } from 'node:fs'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { joinUrl, type PathTarget, type Provider, wireOf } from '../core/provider.ts'
import type { Quirks } from '../dialects/openai-chat/quirks.ts'
import { cloudflareUrl } from './cloudflare.ts'
import { databricksUrl } from './databricks.ts'
import { findProvider, isProviderId, providers } from './index.ts'
import { ollamaUrl } from './ollama.ts'
import { snowflakeUrl } from './snowflake.ts'

/** What each provider gave to its dialect: a chat does not tell its quirks. */
const quirksOf = vi.hoisted(() => new Map<unknown, Quirks>())
vi.mock('../dialects/openai-chat/provider.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../dialects/openai-chat/provider.ts')>()
  return {
    ...original,
    openaiChat(quirks: Quirks = {}) {
      const chat = original.openaiChat(quirks)
      quirksOf.set(chat, quirks)
      return chat
    },
  }
})

/** The full URLs as the providers' references have them, for a model `m/1 x`; `…` is where the configuration must say. */
const documented: Record<string, { chat: string; models?: string }> = {
  anthropic: {
    chat: 'https://api.anthropic.com/v1/messages',
    models: 'https://api.anthropic.com/v1/models?limit=1000',
  },
  azure: { chat: '…/openai/deployments/m%2F1%20x/chat/completions?api-version=2024-10-21' },
  bedrock: { chat: '…/model/m%2F1%20x/converse' },
  cerebras: { chat: 'https://api.cerebras.ai/v1/chat/completions', models: 'https://api.cerebras.ai/v1/models' },
  cloudflare: { chat: '…/v1/chat/completions' },
  cohere: {
    chat: 'https://api.cohere.com/v2/chat',
    models: 'https://api.cohere.com/v1/models?endpoint=chat&page_size=1000',
  },
  dashscope: { chat: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions' },
  databricks: { chat: '…/serving-endpoints/chat/completions' },
  deepinfra: {
    chat: 'https://api.deepinfra.com/v1/openai/chat/completions',
    models: 'https://api.deepinfra.com/v1/openai/models',
  },
  deepseek: { chat: 'https://api.deepseek.com/chat/completions', models: 'https://api.deepseek.com/models' },
  fireworks: {
    chat: 'https://api.fireworks.ai/inference/v1/chat/completions',
    models: 'https://api.fireworks.ai/inference/v1/models',
  },
  gemini: {
    chat: 'https://generativelanguage.googleapis.com/v1beta/models/m%2F1%20x:generateContent',
    models: 'https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000',
  },
  github: {
    chat: 'https://models.github.ai/inference/chat/completions',
    models: 'https://models.github.ai/catalog/models',
  },
  groq: { chat: 'https://api.groq.com/openai/v1/chat/completions', models: 'https://api.groq.com/openai/v1/models' },
  huggingface: {
    chat: 'https://router.huggingface.co/v1/chat/completions',
    models: 'https://router.huggingface.co/v1/models',
  },
  hyperbolic: {
    chat: 'https://api.hyperbolic.xyz/v1/chat/completions',
    models: 'https://api.hyperbolic.xyz/v1/models',
  },
  minimax: { chat: 'https://api.minimax.io/v1/chat/completions', models: 'https://api.minimax.io/v1/models' },
  mistral: { chat: 'https://api.mistral.ai/v1/chat/completions', models: 'https://api.mistral.ai/v1/models' },
  moonshot: { chat: 'https://api.moonshot.ai/v1/chat/completions', models: 'https://api.moonshot.ai/v1/models' },
  nebius: {
    chat: 'https://api.tokenfactory.nebius.com/v1/chat/completions',
    models: 'https://api.tokenfactory.nebius.com/v1/models',
  },
  novita: {
    chat: 'https://api.novita.ai/openai/v1/chat/completions',
    models: 'https://api.novita.ai/openai/v1/models',
  },
  nvidia: {
    chat: 'https://integrate.api.nvidia.com/v1/chat/completions',
    models: 'https://integrate.api.nvidia.com/v1/models',
  },
  ollama: { chat: '…/v1/chat/completions', models: '…/v1/models' },
  openai: { chat: 'https://api.openai.com/v1/chat/completions', models: 'https://api.openai.com/v1/models' },
  openrouter: { chat: 'https://openrouter.ai/api/v1/chat/completions', models: 'https://openrouter.ai/api/v1/models' },
  parasail: { chat: 'https://api.parasail.io/v1/chat/completions', models: 'https://api.parasail.io/v1/models' },
  perplexity: { chat: 'https://api.perplexity.ai/chat/completions' },
  replicate: { chat: 'https://openai-proxy.replicate.com/v1/chat/completions' },
  sambanova: { chat: 'https://api.sambanova.ai/v1/chat/completions', models: 'https://api.sambanova.ai/v1/models' },
  sgl: { chat: '…/v1/chat/completions', models: '…/v1/models' },
  simulator: { chat: '…/v1/chat/completions', models: '…/v1/models' },
  snowflake: { chat: '…/api/v2/cortex/v1/chat/completions' },
  together: { chat: 'https://api.together.ai/v1/chat/completions', models: 'https://api.together.ai/v1/models' },
  vertex: {
    chat: '…/v1/publishers/google/models/m%2F1%20x:generateContent',
    models: '…/v1beta1/publishers/google/models?pageSize=200',
  },
  vllm: { chat: '…/v1/chat/completions', models: '…/v1/models' },
  watsonx: { chat: '…/ml/gateway/v1/chat/completions', models: '…/ml/gateway/v1/models' },
  xai: { chat: 'https://api.x.ai/v1/chat/completions', models: 'https://api.x.ai/v1/models' },
  zhipu: { chat: 'https://api.z.ai/api/paas/v4/chat/completions' },
}

/** Of a chat completion request, as OpenAI documents it. https://platform.openai.com/docs/api-reference/chat/create */
const requestFields = [
  ...['audio', 'frequency_penalty', 'function_call', 'functions', 'logit_bias', 'logprobs', 'max_completion_tokens'],
  ...['max_tokens', 'messages', 'metadata', 'modalities', 'model', 'n', 'parallel_tool_calls', 'prediction'],
  ...['presence_penalty', 'prompt_cache_key', 'prompt_cache_retention', 'reasoning_effort', 'response_format'],
  ...['safety_identifier', 'seed', 'service_tier', 'stop', 'store', 'stream', 'stream_options', 'temperature'],
  ...['tool_choice', 'tools', 'top_logprobs', 'top_p', 'user', 'verbosity', 'web_search_options'],
]
const messageFields = ['name', 'refusal', 'annotations', 'audio', 'function_call']
const parts = ['text', 'image_url', 'input_audio', 'file']
/** From little to much. */
const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

const target: PathTarget = { client: 'openai-chat', model: 'm/1 x', requested: 'm/1 x', stream: false }

function url(provider: Provider, path: Provider['paths']['chat'], to: PathTarget = target): string {
  return joinUrl(provider.baseUrl ?? '…', typeof path === 'function' ? path(to) : path)
}

const duplicates = (values: readonly string[]) => values.filter((value, at) => values.indexOf(value) !== at)

describe('the list', () => {
  const files = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    // What several of them share is no provider.
    .filter((file) => !['index.ts', 'claude-wires.ts', 'responses-wires.ts'].includes(file))
    .map((file) => file.slice(0, -'.ts'.length))

  test('has every file, under the name of the file, once', () => {
    expect(providers.map(({ id }) => id)).toEqual(files.sort())
  })

  test.each(files)('%s exports a provider of its own name', async (file) => {
    const module: Record<string, unknown> = await import(/* @vite-ignore */ `./${file}.ts`)
    expect(module[file]).toBe(findProvider(file))
  })

  test('finds a provider by id and nothing else', () => {
    expect(findProvider('groq')?.name).toBe('Groq')
    expect(findProvider('Groq')).toBeUndefined()
    expect(findProvider('toString')).toBeUndefined()
  })

  test.each([
    ['groq', true],
    ['replicate', true],
    // In the format of the file, and not served.
    ['elevenlabs', true],
    // `nvidia/Llama-3.1-Nemotron-70B` may be anybody's.
    ['nvidia', false],
    ['meta-llama', false],
  ])('%s in front of a slash is a provider wherever it is configured or not: %s', (id, expected) => {
    expect(isProviderId(id)).toBe(expected)
  })

  test('gives each environment variable to one provider', () => {
    const names = providers.flatMap(({ environment }) => [...(environment?.key ?? []), ...(environment?.baseUrl ?? [])])
    expect(duplicates(names)).toEqual([])
    expect(names.filter((name) => !/^[A-Z][A-Z0-9_]+$/.test(name))).toEqual([])
  })

  test('gives each family of models to one provider', () => {
    const families = providers.flatMap(({ id, families }) => (families ?? []).map((family) => ({ id, family })))
    const shared = families.filter((one) =>
      families.some((other) => other.id !== one.id && one.family.startsWith(other.family)),
    )
    expect(shared).toEqual([])
  })

  test.each([
    ['gpt-5', 'openai'],
    ['o3-mini', 'openai'],
    ['chatgpt-4o-latest', 'openai'],
    ['claude-sonnet-4', 'anthropic'],
    ['gemini-2.5-pro', 'gemini'],
    ['models/gemini-2.5-pro', 'gemini'],
    ['google/gemini-2.5-pro', 'gemini'],
    ['mistral-large-latest', 'mistral'],
    ['grok-4', 'xai'],
    ['deepseek-chat', 'deepseek'],
    ['sonar-pro', 'perplexity'],
    ['command-a-03-2025', 'cohere'],
    ['kimi-k3', 'moonshot'],
    ['glm-5.2', 'zhipu'],
    ['qwen3-max', 'dashscope'],
    ['minimax-m3', 'minimax'],
    ['databricks-claude-sonnet-4-5', 'databricks'],
  ])('%s is of the family of %s', (model, id) => {
    const owners = providers.filter(({ families }) => families?.some((family) => model.startsWith(family)))
    expect(owners.map((owner) => owner.id)).toEqual([id])
  })
})

describe.each(providers.map((provider) => [provider.id, provider] as const))('%s', (id, provider) => {
  test('links to its API reference', () => {
    expect(new URL(provider.docs).protocol).toBe('https:')
  })

  test('lacks what a page says it lacks', () => {
    for (const { source, models, drop = [], refuse = [] } of provider.lacks ?? []) {
      expect(new URL(source).protocol).toBe('https:')
      expect(drop.length + refuse.length).toBeGreaterThan(0)
      expect([duplicates(drop), duplicates(refuse), duplicates(models)]).toEqual([[], [], []])
      expect(models).not.toEqual([])
    }
  })

  test('has a base URL without version, query and closing slash', () => {
    expect(provider.baseUrl ?? 'https://from.configuration').toMatch(/^https:\/\/[a-z0-9.-]+(\/[a-z]+)*$/)
  })

  test('is called at its documented URLs', () => {
    const { chat, models } = provider.paths
    expect({
      chat: url(provider, chat),
      ...(models === undefined ? {} : { models: url(provider, models) }),
    }).toEqual(documented[id])
  })

  describe.runIf(provider.chat?.dialect === 'openai-chat')('quirks', () => {
    let quirks: Quirks
    beforeAll(() => {
      quirks = quirksOf.get(provider.chat) ?? {}
    })

    test('are known', () => {
      expect(quirksOf.has(provider.chat)).toBe(true)
    })

    test('name real request fields, each once', () => {
      expect(quirks.drop?.filter((field) => !requestFields.includes(field)) ?? []).toEqual([])
      expect(duplicates(quirks.drop ?? [])).toEqual([])
    })

    test('leave alone what a request is about', () => {
      expect(quirks.drop ?? []).not.toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^(model|messages|stream|tools|max_tokens|max_completion_tokens)$/),
        ]),
      )
    })

    test('name real message fields and parts, each once', () => {
      expect(quirks.dropFromMessages?.filter((field) => !messageFields.includes(field)) ?? []).toEqual([])
      expect(quirks.refuseParts?.filter((part) => !parts.includes(part)) ?? []).toEqual([])
      expect(duplicates([...(quirks.dropFromMessages ?? []), ...(quirks.refuseParts ?? [])])).toEqual([])
    })

    test('name known efforts from little to much, one of them at least for thinking', () => {
      const known = efforts.filter((effort) => quirks.efforts?.includes(effort))
      expect(known).toEqual(quirks.efforts ?? [])
      expect(quirks.efforts ?? ['high']).toContain('high')
    })

    test('say how not to think in one way', () => {
      if (quirks.noReasoning !== undefined && quirks.reasoning !== 'switch')
        expect(quirks.efforts ?? efforts).not.toContain('none')
      expect(quirks.reasoning === 'none' && (quirks.efforts ?? quirks.noReasoning) !== undefined).toBe(false)
    })

    test('say how to think and how not to where that is a switch, and only there', () => {
      const { reasoning, someReasoning, noReasoning, reasoningBudget, efforts: known } = quirks
      if (reasoning === 'switch')
        expect([someReasoning, noReasoning, known]).toEqual([expect.any(Object), expect.any(Object), undefined])
      else expect([someReasoning, reasoningBudget]).toEqual([undefined, undefined])
    })
  })
})

describe('a base URL written with its version', () => {
  const versioned = providers
    .filter(({ id }) => id in documented)
    .flatMap(({ id, baseUrl = '…', paths: { chat } }) => {
      const version = typeof chat === 'string' ? /^\/v\d+(beta)?(?=\/)/.exec(chat)?.[0] : undefined
      return typeof chat === 'string' && version !== undefined ? [{ id, baseUrl, chat, version }] : []
    })

  test.each(versioned)('of $id gives the same URL', ({ id, baseUrl, chat, version }) => {
    expect(joinUrl(`${baseUrl}${version}`, chat)).toBe(documented[id]?.chat)
    expect(joinUrl(`${baseUrl}${version}/`, chat)).toBe(documented[id]?.chat)
  })
})

describe('the deployment path', () => {
  const azure = findProvider('azure')!

  test.each([
    ['gpt4o', undefined, '/openai/deployments/gpt4o/chat/completions?api-version=2024-10-21'],
    ['gpt4o', '2025-04-01-preview', '/openai/deployments/gpt4o/chat/completions?api-version=2025-04-01-preview'],
    ['../../x?y#z', 'a&b=c', '/openai/deployments/..%2F..%2Fx%3Fy%23z/chat/completions?api-version=a%26b%3Dc'],
  ])('of %s at version %s', (model, apiVersion, path) => {
    const base = 'https://house.openai.azure.com'
    expect(url({ ...azure, baseUrl: `${base}/` }, azure.paths.chat, { ...target, model, apiVersion })).toBe(base + path)
  })
})

describe('the path of a Gemini model', () => {
  const gemini = findProvider('gemini')!
  const base = 'https://generativelanguage.googleapis.com/v1beta'

  test.each([
    ['gemini-2.5-pro', false, '/models/gemini-2.5-pro:generateContent'],
    ['models/gemini-2.5-pro', true, '/models/gemini-2.5-pro:streamGenerateContent?alt=sse'],
    ['google/gemini-2.5-pro', false, '/models/gemini-2.5-pro:generateContent'],
    ['tunedModels/my-own', false, '/tunedModels/my-own:generateContent'],
    ['../x?y#z', false, '/models/..%2Fx%3Fy%23z:generateContent'],
  ])('of %s, streamed: %s', (model, stream, path) => {
    expect(url(gemini, gemini.paths.chat, { ...target, model, stream })).toBe(base + path)
  })

  test('where its tokens are counted', () => {
    expect(url(gemini, gemini.count!.path, { ...target, model: 'models/gemini-2.5-pro' })).toBe(
      `${base}/models/gemini-2.5-pro:countTokens`,
    )
  })
})

describe('the address of a model on Vertex AI', () => {
  const vertex = findProvider('vertex')!
  const place = { project: 'p', region: 'europe-west4' }
  const inPlace = 'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4'

  test.each([
    ['gemini-2.5-pro', {}, `${inPlace}/publishers/google/models/gemini-2.5-pro:generateContent`],
    ['google/gemini-2.5-pro', {}, `${inPlace}/publishers/google/models/gemini-2.5-pro:generateContent`],
    [
      'gemini-2.5-pro',
      { stream: true },
      `${inPlace}/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse`,
    ],
    [
      'gemini-2.5-pro',
      { region: undefined },
      'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-pro:generateContent',
    ],
    [
      'gemini-2.5-pro',
      { region: 'eu' },
      'https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu/publishers/google/models/gemini-2.5-pro:generateContent',
    ],
    [
      'gemini-2.5-pro',
      { project: undefined },
      'https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-2.5-pro:generateContent',
    ],
    ['claude-opus-4-5@20251101', {}, `${inPlace}/publishers/anthropic/models/claude-opus-4-5@20251101:rawPredict`],
    ['meta/llama-3.3-70b-instruct-maas', {}, `${inPlace}/endpoints/openapi/chat/completions`],
    ['1234567890', {}, `${inPlace}/endpoints/1234567890/chat/completions`],
    ['1234567890', { family: 'gemini' }, `${inPlace}/endpoints/1234567890:generateContent`],
    ['my-name', { family: 'llama' }, `${inPlace}/endpoints/openapi/chat/completions`],
  ])('%s at %j', (model, more, expected) => {
    const to: PathTarget = { ...target, requested: model, ...place, model, ...more }
    expect(joinUrl(vertex.regionalUrl!(to)!, wireOf(vertex, to)!.path)).toBe(expected)
  })

  test('is none where the region is no name', () => {
    expect(vertex.regionalUrl!({ ...target, project: 'p', region: 'evil.example/' })).toBeUndefined()
  })
})

describe('an address that stands in a variable', () => {
  const account = '0123456789abcdef0123456789ABCDEF'

  test.each([
    [cloudflareUrl, account, `https://api.cloudflare.com/client/v4/accounts/${account}/ai`],
    [cloudflareUrl, 'https://proxy.test/ai/', 'https://proxy.test/ai'],
    [databricksUrl, 'dbc-1.cloud.databricks.com', 'https://dbc-1.cloud.databricks.com'],
    [databricksUrl, 'https://adb-1.2.azuredatabricks.net/', 'https://adb-1.2.azuredatabricks.net'],
    [snowflakeUrl, 'my_org-my_account', 'https://my-org-my-account.snowflakecomputing.com'],
    [snowflakeUrl, 'xy12345.us-east-2.aws', 'https://xy12345.us-east-2.aws.snowflakecomputing.com'],
    [snowflakeUrl, 'xy12345.snowflakecomputing.cn', 'https://xy12345.snowflakecomputing.cn'],
    [snowflakeUrl, 'https://my-account.snowflakecomputing.com/', 'https://my-account.snowflakecomputing.com'],
  ])('%o: %s is %s', (read, text, expected) => {
    expect(read(text)).toBe(expected)
  })

  test.each([cloudflareUrl, databricksUrl, snowflakeUrl])('is refused by %o where it is none', (read) => {
    expect(() => read('two words')).toThrow(TypeError)
  })
})

describe('OLLAMA_HOST', () => {
  test.each([
    ['127.0.0.1:11434', 'http://127.0.0.1:11434'],
    ['http://gpu-box:11434', 'http://gpu-box:11434'],
    ['http://gpu-box:11434/', 'http://gpu-box:11434'],
    ['https://ollama.com', 'https://ollama.com'],
    ['http://gpu-box', 'http://gpu-box'],
    ['gpu-box', 'http://gpu-box:11434'],
    ['gpu-box:80', 'http://gpu-box'],
    [':8000', 'http://127.0.0.1:8000'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:8000', 'http://127.0.0.1:8000'],
    ['[::]:8000', 'http://127.0.0.1:8000'],
    ['[::1]', 'http://[::1]:11434'],
    ['gpu-box/ollama', 'http://gpu-box:11434/ollama'],
    [' gpu-box:1234 ', 'http://gpu-box:1234'],
    ['', 'http://127.0.0.1:11434'],
  ])('%j is %s', (host, expected) => {
    expect(ollamaUrl(host)).toBe(expected)
  })

  test('that is no address is refused', () => {
    expect(() => ollamaUrl('two words')).toThrow(TypeError)
    expect(() => ollamaUrl('gpu-box:port')).toThrow(TypeError)
  })
})
