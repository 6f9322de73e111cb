/** The simulator as the official client of Amazon Bedrock sees it: signed and with bearer keys, in one piece and streamed. */
import { request as open } from 'node:http'
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  type Message,
} from '@aws-sdk/client-bedrock-runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../server.ts'

let simulator: Simulator
let client: BedrockRuntimeClient

/** The client's own transport speaks HTTP/2 only; this one sends what it was given over HTTP/1.1. */
const requestHandler = {
  handle: (request: { hostname: string; port: number; method: string; path: string; headers: object; body: string }) =>
    new Promise((resolve, reject) => {
      const { hostname: host, port, method, path, headers, body } = request
      const sent = open({ host, port, method, path, headers: { ...headers } }, (reply) => {
        resolve({ response: { statusCode: reply.statusCode, headers: reply.headers, body: reply } })
      })
      sent.on('error', reject).end(body)
    }),
} as unknown as NonNullable<BedrockRuntimeClientConfig['requestHandler']>

const accessKeyId = 'AKIASIMULATOR0001'
const connect = (config: BedrockRuntimeClientConfig = {}) =>
  new BedrockRuntimeClient({
    endpoint: simulator.url,
    region: 'eu-central-1',
    credentials: { accessKeyId, secretAccessKey: `secret/${accessKeyId}` },
    maxAttempts: 1,
    requestHandler,
    ...config,
  })

beforeAll(async () => {
  simulator = await startSimulator()
  client = connect()
})
afterAll(() => simulator.close())

const text = 'Hello brave wörld 👨‍👩‍👧'
const hello: Message[] = [{ role: 'user', content: [{ text }] }]
type Input = Partial<ConverseCommandInput>

const converse = (modelId: string, input: Input = {}) =>
  client.send(new ConverseCommand({ modelId, messages: hello, ...input }))

async function stream(modelId: string, input: Input = {}): Promise<ConverseStreamOutput[]> {
  const reply = await client.send(new ConverseStreamCommand({ modelId, messages: hello, ...input }))
  return Array.fromAsync(reply.stream!)
}

/** The blocks that the events of a stream put together, as `Converse` would have told them. */
function blocksOf(events: readonly ConverseStreamOutput[]): ContentBlock[] {
  const blocks: Record<string, unknown>[] = []
  for (const { contentBlockStart, contentBlockDelta } of events) {
    if (contentBlockStart)
      blocks[contentBlockStart.contentBlockIndex!] = { toolUse: { ...contentBlockStart.start!.toolUse, input: '' } }
    if (!contentBlockDelta) continue
    const { contentBlockIndex, delta } = contentBlockDelta
    blocks[contentBlockIndex!] ??= {}
    const block = blocks[contentBlockIndex!]!
    if (delta!.text !== undefined) block['text'] = `${block['text'] ?? ''}${delta!.text}`
    if (delta!.toolUse) (block['toolUse'] as { input: string }).input += delta!.toolUse.input
    const { reasoningContent } = delta!
    if (reasoningContent?.redactedContent) block['reasoningContent'] = reasoningContent
    else if (reasoningContent) {
      const before = (block['reasoningContent'] as { reasoningText?: object } | undefined)?.reasoningText ?? {
        text: '',
      }
      const { text: more = '', signature } = reasoningContent
      const joined = `${(before as { text: string }).text}${more}`
      block['reasoningContent'] = { reasoningText: { text: joined, ...(signature && { signature }) } }
    }
  }
  for (const block of blocks) {
    const call = block['toolUse'] as { input: unknown } | undefined
    if (call) call.input = JSON.parse((call.input as string) || '{}')
  }
  return blocks as unknown as ContentBlock[]
}

const kindsOf = (events: readonly ConverseStreamOutput[]) => events.map((event) => Object.keys(event)[0])
const tool = (name: string, properties: Record<string, unknown> = {}) => ({
  toolSpec: { name, description: 'Does it.', inputSchema: { json: { type: 'object', properties } } },
})
const weather = { tools: [tool('weather', { city: { type: 'string' } }), tool('now')] } as Input['toolConfig']

describe('Converse', () => {
  test('echoes, with usage that adds up', async () => {
    const reply = await converse('echo')
    expect(reply).toMatchObject({
      output: { message: { role: 'assistant', content: [{ text }] } },
      stopReason: 'end_turn',
      metrics: { latencyMs: expect.any(Number) },
    })
    const usage = reply.usage!
    expect(usage.totalTokens).toBe(usage.inputTokens! + usage.outputTokens!)
    expect(reply.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('says the same in a stream, whose texts are not announced', async () => {
    const events = await stream('echo')
    const [first, ...others] = kindsOf(events)
    expect([first, ...others.slice(-3)]).toEqual(['messageStart', 'contentBlockStop', 'messageStop', 'metadata'])
    expect(new Set(others.slice(0, -3))).toEqual(new Set(['contentBlockDelta']))
    expect(blocksOf(events)).toEqual([{ text }])
    expect(events.at(-1)!.metadata!.usage).toEqual((await converse('echo')).usage)
  })

  test('calls tools, one of them without arguments, and takes their results', async () => {
    const reply = await converse('tools', { toolConfig: weather })
    const calls = reply.output!.message!.content!
    expect(reply.stopReason).toBe('tool_use')
    expect(calls).toMatchObject([
      { toolUse: { name: 'weather', input: { city: 'city' } } },
      { toolUse: { name: 'now', input: {} } },
    ])
    const events = await stream('tools', { toolConfig: weather })
    expect(blocksOf(events)).toMatchObject([
      { toolUse: { name: 'weather', input: { city: 'city' } } },
      { toolUse: { name: 'now', input: {} } },
    ])
    const last = events.findLast(({ contentBlockDelta }) => contentBlockDelta)
    expect(last!.contentBlockDelta!.delta).toEqual({ toolUse: { input: '' } })
    const results = calls.map(
      ({ toolUse }, index): ContentBlock => ({
        toolResult: {
          toolUseId: toolUse!.toolUseId,
          content: index === 0 ? [{ json: { sky: 'clear' } }] : [{ text: 'failed' }],
          ...(index === 1 && { status: 'error' as const }),
        },
      }),
    )
    const messages: Message[] = [...hello, { role: 'assistant', content: calls }, { role: 'user', content: results }]
    const answer = await converse('tools', { messages, toolConfig: weather })
    expect(answer.output!.message!.content).toEqual([{ text: '{"sky":"clear"}\nfailed' }])
  })

  test('calls the one tool that it is told to call', async () => {
    const reply = await converse('echo', { toolConfig: { ...weather!, toolChoice: { tool: { name: 'now' } } } })
    expect(reply.output!.message!.content).toMatchObject([{ toolUse: { name: 'now' } }])
  })

  const thinking = { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2048 } } }

  test('thinks when it is asked to, and takes its thoughts back', async () => {
    const reply = await converse('echo', thinking)
    const content = reply.output!.message!.content!
    expect(content.map((block) => Object.keys(block))).toEqual([['reasoningContent'], ['text']])
    expect(blocksOf(await stream('echo', thinking))).toEqual(content)
    const messages: Message[] = [...hello, { role: 'assistant', content }, ...hello]
    expect((await converse('echo', { messages, ...thinking })).stopReason).toBe('end_turn')
  })

  test('refuses thoughts that were changed, and those without a signature', async () => {
    const reply = await converse('reasoning')
    const [{ reasoningContent }] = reply.output!.message!.content! as [ContentBlock, ...ContentBlock[]]
    const { text: thought, signature } = reasoningContent!.reasoningText!
    const withThought = (reasoningText: { text: string; signature?: string }): Input => ({
      messages: [
        ...hello,
        { role: 'assistant', content: [{ reasoningContent: { reasoningText } }, { text }] },
        ...hello,
      ],
    })
    await expect(converse('reasoning', withThought({ text: `${thought}.`, signature: signature! }))).rejects.toThrow(
      'Invalid `signature`',
    )
    await expect(converse('reasoning', withThought({ text: thought! }))).rejects.toThrow('Field required')
    const redacted = await converse('redacted')
    expect(redacted.output!.message!.content![0]!.reasoningContent!.redactedContent!.length).toBeGreaterThan(10)
    expect(blocksOf(await stream('redacted'))).toEqual(redacted.output!.message!.content)
    const messages = [...hello, redacted.output!.message!, ...hello]
    expect((await converse('redacted', { messages })).stopReason).toBe('end_turn')
  })

  test('thinks unasked where a Claude does, and shows no more than the signature of it', async () => {
    const modelId = 'us.anthropic.claude-opus-5-v1:0'
    const content = (await converse(modelId)).output!.message!.content!
    expect(content).toMatchObject([{ reasoningContent: { reasoningText: { text: '' } } }, { text }])
    expect(blocksOf(await stream(modelId))).toEqual(content)
    const messages: Message[] = [...hello, { role: 'assistant', content }, ...hello]
    expect((await converse(modelId, { messages })).stopReason).toBe('end_turn')
  })

  test('thinks unsigned where the id names another vendor, and takes such thoughts back', async () => {
    const reply = await converse('us.deepseek.reasoning-v1:0')
    const [first] = reply.output!.message!.content!
    expect(first!.reasoningContent!.reasoningText).toEqual({ text: expect.stringMatching(/^Step 1/) })
    const messages = [...hello, reply.output!.message!, ...hello]
    expect((await converse('us.deepseek.reasoning-v1:0', { messages })).stopReason).toBe('end_turn')
  })

  const reasons: [string, string, Input?][] = [
    ['echo', 'end_turn'],
    ['tools', 'tool_use', { toolConfig: weather }],
    ['length', 'max_tokens'],
    ['content-filter', 'content_filtered'],
    ['recitation', 'content_filtered'],
    ['refusal', 'content_filtered'],
    ['refusal', 'guardrail_intervened', { guardrailConfig: { guardrailIdentifier: 'abc', guardrailVersion: '1' } }],
    ['context-window', 'model_context_window_exceeded'],
    ['malformed-call', 'malformed_tool_use'],
    ['echo', 'stop_sequence', { inferenceConfig: { stopSequences: [' wörld'] } }],
    ['echo', 'max_tokens', { inferenceConfig: { maxTokens: 2 } }],
    ['echo+prompt-filtered', 'guardrail_intervened'],
  ]
  test.each(reasons)('%s ends with %s', async (modelId, reason, input) => {
    expect((await converse(modelId, input)).stopReason).toBe(reason)
    const events = await stream(modelId, input)
    expect(events.find(({ messageStop }) => messageStop)!.messageStop!.stopReason).toBe(reason)
  })

  test('gives the stop sequence to whoever asks for it', async () => {
    const input = {
      inferenceConfig: { stopSequences: [' wörld'] },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
    }
    expect((await converse('echo', input)).additionalModelResponseFields).toEqual({ stop_sequence: ' wörld' })
    const events = await stream('echo', input)
    expect(events.at(-2)!.messageStop!.additionalModelResponseFields).toEqual({ stop_sequence: ' wörld' })
  })

  test('tells what the cache took, and what came from it', async () => {
    const long = { text: 'word '.repeat(1200) }
    const system: Input = { system: [long, { cachePoint: { type: 'default', ttl: '1h' } }] }
    const first = (await converse('echo', system)).usage!
    expect(first).toMatchObject({
      cacheReadInputTokens: 0,
      cacheDetails: [{ ttl: '1h', inputTokens: first.cacheWriteInputTokens }],
    })
    expect(first.totalTokens).toBe(first.inputTokens! + first.cacheWriteInputTokens! + first.outputTokens!)
    const messages: Message[] = [...hello, { role: 'assistant', content: [{ text }] }, ...hello]
    const second = (await converse('echo', { ...system, messages })).usage!
    expect([second.cacheReadInputTokens, second.cacheWriteInputTokens]).toEqual([first.cacheWriteInputTokens, 0])
  })

  test('cites, and gives the same citations in a stream', async () => {
    const document = {
      name: 'page',
      format: 'txt' as const,
      source: { text: 'What the page says.' },
      citations: { enabled: true },
    }
    const messages: Message[] = [{ role: 'user', content: [{ text }, { document }] }]
    const [block] = (await converse('echo', { messages })).output!.message!.content!
    expect(block!.citationsContent!.content).toEqual([{ text }])
    const events = await stream('echo', { messages })
    const citations = events.flatMap(({ contentBlockDelta }) => contentBlockDelta?.delta?.citation ?? [])
    expect(citations).toMatchObject(
      block!.citationsContent!.citations!.map(({ title, location }) => ({ title, location })),
    )
  })

  test('answers JSON of the schema that is asked for', async () => {
    const schema = JSON.stringify({ type: 'object', properties: { a: { type: 'integer' } } })
    const outputConfig = { textFormat: { type: 'json_schema' as const, structure: { jsonSchema: { schema } } } }
    const [block] = (await converse('echo', { outputConfig })).output!.message!.content!
    expect(JSON.parse(block!.text!)).toEqual({ a: 1 })
  })

  test('knows models by profile and ARN', async () => {
    const ids = [
      'us.anthropic.tools-v1:0',
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.tools-v1:0',
    ]
    for (const id of ids) expect((await converse(id, { toolConfig: weather })).stopReason).toBe('tool_use')
    await expect(converse('arn:aws:bedrock:us-east-1:nobody:inference-profile/echo')).rejects.toThrow(
      'The provided model identifier is invalid.',
    )
  })
})

describe('who asks', () => {
  const send = (config: BedrockRuntimeClientConfig) =>
    connect(config).send(new ConverseCommand({ modelId: 'echo', messages: hello }))
  const credentials = (id: string, secretAccessKey = `secret/${id}`, sessionToken?: string) => ({
    credentials: { accessKeyId: id, secretAccessKey, ...(sessionToken && { sessionToken }) },
  })

  test('is known by a bearer key, an access key, or one that is lent', async () => {
    const bearer: BedrockRuntimeClientConfig = {
      token: { token: 'bedrock-api-key-x' },
      authSchemePreference: ['httpBearerAuth'],
    }
    const lent = credentials('ASIASIMULATOR1', undefined, 'token/ASIASIMULATOR1')
    for (const config of [bearer, credentials('AKIASIMULATOR9'), lent]) {
      expect((await send(config)).stopReason).toBe('end_turn')
    }
    expect(simulator.requests.at(-3)!.headers.authorization).toBe('Bearer bedrock-api-key-x')
  })

  const refused: [string, BedrockRuntimeClientConfig, string, number][] = [
    ['a wrong secret', credentials(accessKeyId, 'wrong'), 'InvalidSignatureException', 403],
    ['a key that is none', credentials('AKIAEXAMPLE'), 'UnrecognizedClientException', 403],
    ['a lent key without its token', credentials('ASIASIMULATOR1'), 'UnrecognizedClientException', 403],
    [
      'a lent key with another token',
      credentials('ASIASIMULATOR1', undefined, 'token/x'),
      'UnrecognizedClientException',
      403,
    ],
    [
      'a token with a key that is not lent',
      credentials(accessKeyId, undefined, 't'),
      'UnrecognizedClientException',
      403,
    ],
    [
      'an expired one',
      credentials('ASIASIMULATOREXPIRED', undefined, 'token/ASIASIMULATOREXPIRED'),
      'ExpiredTokenException',
      403,
    ],
    ['a clock that is off', { systemClockOffset: 600_000 }, 'InvalidSignatureException', 403],
    ['a key that is used up', credentials('AKIASIMULATOR429'), 'ThrottlingException', 429],
    [
      'a bad bearer key',
      { token: { token: 'sk-invalid' }, authSchemePreference: ['httpBearerAuth'] },
      'AccessDeniedException',
      403,
    ],
  ]
  test.each(refused)('%s', async (_, config, name, status) => {
    await expect(send(config)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } })
  })

  test('nobody', async () => {
    const body = JSON.stringify({ messages: hello })
    const reply = await fetch(`${simulator.url}/model/echo/converse`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect([reply.status, reply.headers.get('x-amzn-errortype')?.split(':')[0]]).toEqual([
      403,
      'MissingAuthenticationTokenException',
    ])
  })
})

describe('what goes wrong', () => {
  const statuses: [number, string][] = [
    [400, 'ValidationException'],
    [403, 'AccessDeniedException'],
    [404, 'ResourceNotFoundException'],
    [408, 'ModelTimeoutException'],
    [424, 'ModelErrorException'],
    [429, 'ThrottlingException'],
    [500, 'InternalServerException'],
    [503, 'ServiceUnavailableException'],
  ]
  test.each(statuses)('%s is a %s', async (status, name) => {
    await expect(converse(`echo+status-${status}`)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status },
    })
  })

  test.each([
    ['quota', 'ThrottlingException'],
    ['context-length', 'ValidationException'],
  ])('%s', async (word, name) => {
    await expect(converse(`echo+${word}`)).rejects.toMatchObject({ name })
  })

  test('an exception in the middle of a stream', async () => {
    const names: [string, string][] = [
      ['', 'InternalServerException'],
      ['+error-status-400', 'ValidationException'],
      ['+error-status-424', 'ModelStreamErrorException'],
      ['+error-status-429', 'ThrottlingException'],
      ['+error-status-503', 'ServiceUnavailableException'],
    ]
    for (const [word, name] of names) {
      await expect(stream(`echo+error-after-2${word}`)).rejects.toMatchObject({ name })
    }
  })

  test('a wrong checksum, and JSON that is broken', async () => {
    await expect(stream('echo+bad-checksum-after-2')).rejects.toThrow(/checksum/i)
    await expect(stream('echo+garbled-after-2')).rejects.toThrow(/JSON/)
  })

  test.each(['cut-after-2', 'cut-at-150', 'reset-after-2'])('%s breaks the stream off', async (word) => {
    await expect(stream(`echo+${word}`)).rejects.toThrow()
  })

  test('a stream that ends too early has no end, and no usage', async () => {
    const events = await stream('echo+end-after-2')
    expect(kindsOf(events)).toEqual(['messageStart', 'contentBlockDelta', 'contentBlockDelta'])
    expect(kindsOf(await stream('echo+no-usage')).at(-1)).toBe('messageStop')
    expect(kindsOf(await stream('echo+no-finish'))).not.toContain('messageStop')
  })

  test.each(['trickle', 'split-7', 'burst', 'huge-event-100000', 'slow-20+pace-5'])(
    '%s changes nothing that is said',
    async (word) => {
      expect(blocksOf(await stream(`echo+${word}`))).toEqual([{ text }])
    },
  )
})

describe('InvokeModel', () => {
  const claude = {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 100,
    messages: [{ role: 'user', content: text }],
  }
  const invoke = (modelId: string, body: object, more: object = {}) =>
    client.send(
      new InvokeModelCommand({ modelId, body: JSON.stringify(body), contentType: 'application/json', ...more }),
    )

  test('takes Claude’s own requests', async () => {
    const reply = await invoke('anthropic.claude-3-haiku-20240307-v1:0', claude)
    const message = JSON.parse(reply.body.transformToString()) as object
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
    })
  })

  test('streams them in chunks, the last of which tells what was counted', async () => {
    const command = new InvokeModelWithResponseStreamCommand({
      modelId: 'echo',
      body: JSON.stringify(claude),
      contentType: 'application/json',
    })
    const chunks = await Array.fromAsync((await client.send(command)).body!)
    const events = chunks.map(({ chunk }) => JSON.parse(Buffer.from(chunk!.bytes!).toString('utf8')))
    expect(events.map(({ type }) => type).slice(0, 3)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
    ])
    expect(events.flatMap(({ delta }) => delta?.text ?? []).join('')).toBe(text)
    expect(events.at(-1)).toMatchObject({
      type: 'message_stop',
      'amazon-bedrock-invocationMetrics': { inputTokenCount: expect.any(Number) },
    })
  })

  test.each<[string, object, string, RegExp]>([
    ['without a version', { ...claude, anthropic_version: undefined }, 'echo', /anthropic_version/],
    ['of another cloud', { ...claude, anthropic_version: 'vertex-2023-10-16' }, 'echo', /anthropic_version/],
    ['with a model', { ...claude, model: 'echo' }, 'echo', /model: Extra inputs/],
    ['with stream', { ...claude, stream: true }, 'echo', /stream: Extra inputs/],
    ['without max_tokens', { ...claude, max_tokens: undefined }, 'echo', /max_tokens: Field required/],
    ['for another vendor', claude, 'amazon.nova-lite-v1:0', /Claude only/],
  ])('refuses a request %s', async (_, body, modelId, message) => {
    const refused = invoke(modelId, body)
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toMatchObject({ name: 'ValidationException' })
  })

  test.each([
    ['error-after-1', /unexpected error/],
    ['bad-checksum-after-1', /checksum/i],
    ['cut-after-1', /aborted/],
  ])('%s goes wrong in a stream', async (word, message) => {
    const body = JSON.stringify(claude)
    const command = new InvokeModelWithResponseStreamCommand({
      modelId: `echo+${word}`,
      body,
      contentType: 'application/json',
    })
    const reading = client.send(command).then(({ body: chunks }) => Array.fromAsync(chunks!))
    await expect(reading).rejects.toThrow(message)
  })

  test('wants a guardrail with its version', async () => {
    await expect(invoke('echo', claude, { guardrailIdentifier: 'abc' })).rejects.toThrow(/together/)
    expect((await invoke('echo', claude, { guardrailIdentifier: 'abc', guardrailVersion: 'DRAFT' })).contentType).toBe(
      'application/json',
    )
  })
})

describe('CountTokens', () => {
  test('counts what the usage of a reply would say', async () => {
    const system = [{ text: 'Be brief.' }]
    const input = { converse: { messages: hello, system, toolConfig: weather } }
    const { inputTokens } = await client.send(new CountTokensCommand({ modelId: 'echo', input }))
    expect(inputTokens).toBe((await converse('echo', { system, toolConfig: weather })).usage!.inputTokens)
    const body = Buffer.from(
      JSON.stringify({
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 1,
        messages: [{ role: 'user', content: text }],
      }),
    )
    const counted = await client.send(new CountTokensCommand({ modelId: 'echo', input: { invokeModel: { body } } }))
    expect(counted.inputTokens).toBeGreaterThan(0)
  })

  test('not for inference profiles', async () => {
    const input = { converse: { messages: hello } }
    await expect(client.send(new CountTokensCommand({ modelId: 'us.anthropic.echo', input }))).rejects.toThrow(
      "The provided model doesn't support counting tokens.",
    )
  })
})
