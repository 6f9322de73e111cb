/** The official SDK's Azure client, with the simulator as an Azure resource. https://learn.microsoft.com/azure/ai-services/openai/reference */
import { AzureOpenAI, RateLimitError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { chat, post } from './support/http.ts'

let house: TestHouse

beforeAll(async () => {
  house = await openTestHouse({
    config: (url: string) => ({
      providers: {
        openai: providerAt(url),
        azure: {
          keys: [
            {
              name: 'resource',
              value: 'azure-key',
              models: ['*'],
              azure_key_config: {
                endpoint: url,
                api_version: '2024-06-01',
                deployments: { 'gpt-4o': 'gpt4o-prod', 'with space/x': 'odd name' },
              },
            },
          ],
        },
      },
    }),
  })
})
afterAll(() => house.close())
beforeEach(() => {
  house.simulator.requests.length = 0
})

const hello = [{ role: 'user' as const, content: 'Hello, Asbru!' }]

function azure(options: { deployment?: string; apiVersion?: string; endpoint?: string } = {}): AzureOpenAI {
  return new AzureOpenAI({
    endpoint: `${house.url}/openai`,
    apiKey: 'unused',
    apiVersion: '2025-01-01-preview',
    maxRetries: 0,
    ...options,
  })
}

const last = () => house.simulator.requests.at(-1)!

test('the deployment of the path is called, with the version of the query and the key of the configuration', async () => {
  const completion = await azure({ deployment: 'gpt-4o' }).chat.completions.create({ model: '', messages: hello })
  expect(completion.choices[0]?.message.content).toBe('Hello, Asbru!')
  expect(last().path).toBe('/openai/deployments/gpt4o-prod/chat/completions?api-version=2025-01-01-preview')
  expect(last().headers['api-key']).toBe('azure-key')
  expect(completion).toMatchObject({
    extra_fields: {
      provider: 'azure',
      model_requested: 'gpt-4o',
      model_deployment: 'gpt4o-prod',
      resolved_model_used: 'gpt4o-prod',
    },
    prompt_filter_results: [{ prompt_index: 0 }],
  })
})

test("the deployment in the path beats the body's model", async () => {
  await azure({ deployment: 'gpt-4o' }).chat.completions.create({ model: 'something-else', messages: hello })
  expect(last().path).toContain('/deployments/gpt4o-prod/')
  expect(last().body).toMatchObject({ model: 'gpt4o-prod' })
})

test('a deployment that is in no map is called by its own name', async () => {
  await azure({ deployment: 'gpt-5' }).chat.completions.create({ model: '', messages: hello })
  expect(last().path).toContain('/deployments/gpt-5/')
})

test('without a deployment the SDK puts the model into the path', async () => {
  await azure().chat.completions.create({ model: 'gpt-4o', messages: hello })
  expect(last().path).toContain('/deployments/gpt4o-prod/')
})

test('a stream, whose first event is the filter result of the prompt', async () => {
  const stream = azure({ deployment: 'gpt-4o' }).chat.completions.stream({ model: '', messages: hello })
  const completion = await stream.finalChatCompletion()
  expect(completion.choices[0]?.message.content).toBe('Hello, Asbru!')
  expect(completion.usage?.total_tokens).toBe(10)
})

test('two segments in the path name another provider', async () => {
  const path = '/openai/openai/deployments/openai/gpt-4o/chat/completions?api-version=2025-01-01'
  const { status, json } = await post(house, chat('ignored'), { path })
  expect(status).toBe(200)
  expect(json.extra_fields).toMatchObject({ provider: 'openai', model_requested: 'gpt-4o' })
  expect(last().path).toBe('/v1/chat/completions')
})

test("without a version in the query the key's is sent", async () => {
  const path = '/openai/openai/deployments/gpt-4o/chat/completions'
  expect((await post(house, chat('ignored'), { path })).status).toBe(200)
  expect(last().path).toContain('api-version=2024-06-01')
})

test('a deployment that needs escaping', async () => {
  const path = '/openai/openai/deployments/azure/with%20space%2Fx/chat/completions'
  expect((await post(house, chat('ignored'), { path })).status).toBe(200)
  expect(last().path).toMatch(/^\/openai\/deployments\/odd%20name\/chat/)
})

describe('errors', () => {
  test('in version 1 a deployment the key does not have', async () => {
    const old = await openTestHouse({
      config: (url: string) => ({
        version: 1,
        providers: {
          azure: { keys: [{ value: 'k', azure_key_config: { endpoint: url, deployments: { 'gpt-4o': 'prod' } } }] },
        },
      }),
    })
    try {
      const asking = azure({ endpoint: `${old.url}/openai`, deployment: 'gpt-5' }).chat.completions.create({
        model: '',
        messages: hello,
      })
      await expect(asking).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining('no keys found that support model/deployment: gpt-5'),
      })
    } finally {
      await old.close()
    }
  })

  test("an error of Azure's own is told as it came", async () => {
    const asking = azure({ deployment: 'echo+status-429+retry-after-3' }).chat.completions.create({
      model: '',
      messages: hello,
    })
    const error = (await asking.catch((caught: unknown) => caught)) as InstanceType<typeof RateLimitError>
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error.headers?.get('retry-after')).toBe('3')
  })

  test.each([
    ['/openai/openai/deployments/chat/completions', 'missing deployment id'],
    ['/openai/openai/deployments/x/y', 'invalid azure deployment path'],
  ])('%s', async (path, message) => {
    const { status, json } = await post(house, chat('x'), { path })
    expect(status).toBe(400)
    expect(json.error.message).toContain(message)
  })
})
