/** The official SDK's Azure client on the Responses API, which has no deployment in its path, and the paths that have one. https://learn.microsoft.com/azure/ai-services/openai/reference */
import OpenAI, { AzureOpenAI } from 'openai'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openTestHouse, providerAt, type TestHouse } from '../support/house.ts'
import { post } from '../support/http.ts'
import { newRecorder } from './recorder.ts'

let house: TestHouse
const recorder = newRecorder()

beforeAll(async () => {
  house = await openTestHouse({
    config: (url: string) => ({
      providers: {
        openai: providerAt(url),
        anthropic: providerAt(url),
        azure: {
          keys: [
            {
              name: 'resource',
              value: 'azure-key',
              models: ['*'],
              azure_key_config: { endpoint: url, api_version: '2024-06-01', deployments: { 'gpt-4o': 'gpt4o-prod' } },
            },
          ],
        },
      },
    }),
  })
})
afterAll(() => house.close())
afterEach(async () => {
  await recorder.check()
})

const azure = () =>
  new AzureOpenAI({
    endpoint: `${house.url}/openai`,
    apiKey: 'unused',
    apiVersion: '2025-04-01-preview',
    maxRetries: 0,
    fetch: recorder.fetch,
  })

const last = () => house.simulator.requests.at(-1)!

test('a bare model is a deployment of Azure, by the map of the key', async () => {
  const response = await azure().responses.create({ model: 'gpt-4o', input: 'Hello, Asbru!' })
  expect(response).toMatchObject({
    output_text: 'Hello, Asbru!',
    extra_fields: { provider: 'azure', model_requested: 'gpt-4o', model_deployment: 'gpt4o-prod' },
  })
  expect(recorder.recordings.at(-1)?.path).toBe('/openai/openai/responses')
  expect(last().path).toMatch(/^\/openai\/(v1\/)?responses/)
  expect(last().headers['api-key']).toBe('azure-key')
  expect(last().body).toMatchObject({ model: 'gpt4o-prod' })
})

test('a stream, and the turn after it', async () => {
  const first = await azure().responses.stream({ model: 'gpt-4o', input: 'Hello' }).finalResponse()
  expect(first.output_text).toBe('Hello')
  const second = await azure()
    .responses.stream({ model: 'gpt-4o', input: 'And now?', previous_response_id: first.id })
    .finalResponse()
  expect(second).toMatchObject({ output_text: 'And now?', previous_response_id: first.id })
})

test('another provider can be named', async () => {
  const response = await azure().responses.create({ model: 'anthropic/echo', input: 'Hello' })
  expect(response).toMatchObject({ output_text: 'Hello', extra_fields: { provider: 'anthropic' } })
})

test("the version-less client on Azure's v1 path", async () => {
  const baseURL = `${house.url}/openai/openai/v1`
  const client = new OpenAI({ baseURL, apiKey: 'unused', maxRetries: 0, fetch: recorder.fetch })
  const response = await client.responses.create({ model: 'azure/gpt-4o', input: 'Hello' })
  expect(response).toMatchObject({ output_text: 'Hello', extra_fields: { provider: 'azure' } })
})

test('counting', async () => {
  const count = await azure().responses.inputTokens.count({ model: 'gpt-4o', input: 'Hello, Asbru!' })
  expect(count).toMatchObject({ object: 'response.input_tokens', input_tokens: expect.any(Number) })
})

test.each([
  ['/openai/openai/deployments/gpt-4o/responses', 'azure'],
  ['/openai/deployments/gpt-4o/responses?api-version=2025-04-01-preview', 'azure'],
  ['/openai/v1/deployments/gpt-4o/responses', 'azure'],
  ['/openai/openai/deployments/anthropic/echo/responses', 'anthropic'],
])('the deployment of the path beats the body: %s', async (path, provider) => {
  const { status, json } = await post(house, { model: 'something-else', input: 'Hello' }, { path })
  expect({ status, json }).toMatchObject({
    status: 200,
    json: { object: 'response', output_text: 'Hello', extra_fields: { provider } },
  })
})

test.each([
  ['/openai/openai/deployments/gpt-4o/responses/input_tokens'],
  ['/openai/deployments/gpt-4o/responses/input_tokens'],
])('counting for the deployment of the path: %s', async (path) => {
  const { status, json } = await post(house, { model: 'x', input: 'Hello' }, { path })
  expect({ status, json }).toMatchObject({ status: 200, json: { object: 'response.input_tokens' } })
})
