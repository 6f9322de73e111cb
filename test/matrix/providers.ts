/** The providers of the matrix, one for each dialect and its ways in: how each is configured, and what it was sent, read in its own words. */
import type { ReceivedRequest } from '../../src/simulator/server.ts'

export type ProviderName =
  | 'openai'
  | 'openrouter'
  | 'anthropic'
  | 'azure, Claude'
  | 'bedrock, Claude'
  | 'bedrock, Nova'
  | 'gemini'
  | 'cohere'

/** What a provider was sent, in no dialect. */
export interface Facts {
  readonly system: string
  /** The base64 of each. */
  readonly images: readonly string[]
  readonly tools: readonly string[]
  readonly results: readonly { readonly text: string; readonly failed: boolean }[]
  readonly schema: unknown
  readonly thinks: boolean
  /** Of earlier turns. */
  readonly thoughts: string
  readonly cacheMarks: number
  readonly stop: readonly string[]
  readonly cap: number | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of any dialect are looked into
type Loose = any

const list = (value: Loose): Loose[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
const joined = (parts: Loose[]): string => parts.join('')
/** The text of a string or of parts that have one. */
const textOf = (content: Loose): string =>
  joined(list(content).map((part) => (typeof part === 'string' ? part : (part.text ?? ''))))
const countOf = (request: ReceivedRequest, word: RegExp): number => [...request.text.matchAll(word)].length

function openaiFacts(request: ReceivedRequest): Facts {
  const body = request.body as Loose
  const messages: Loose[] = body.messages
  const parts = messages.flatMap(({ content }) => list(content))
  return {
    system: joined(
      messages.filter(({ role }) => role === 'system' || role === 'developer').map(({ content }) => textOf(content)),
    ),
    images: parts
      .filter(({ type }) => type === 'image_url')
      .map(({ image_url }) => image_url.url.replace(/^data:image\/png;base64,/, '')),
    tools: list(body.tools).map((tool) => tool.function.name),
    results: messages
      .filter(({ role }) => role === 'tool')
      .map(({ content, is_error }) => ({ text: textOf(content), failed: is_error === true })),
    schema: body.response_format?.json_schema?.schema,
    thinks: body.reasoning_effort !== undefined || body.reasoning !== undefined,
    thoughts: joined(
      messages.flatMap(({ reasoning_details }) =>
        list(reasoning_details).map(({ text, summary }) => text ?? summary ?? ''),
      ),
    ),
    cacheMarks: countOf(request, /"cache_control"/g),
    stop: list(body.stop),
    cap: body.max_completion_tokens ?? body.max_tokens,
  }
}

function anthropicFacts(request: ReceivedRequest): Facts {
  const body = request.body as Loose
  const blocks: Loose[] = body.messages.flatMap(({ content }: Loose) => list(content))
  const of = (type: string) => blocks.filter((block) => block.type === type)
  return {
    system: textOf(body.system),
    images: of('image').map(({ source }) => source.data),
    tools: list(body.tools).map(({ name }) => name),
    results: of('tool_result').map(({ content, is_error }) => ({ text: textOf(content), failed: is_error === true })),
    schema: body.output_config?.format?.schema ?? body.output_format?.schema,
    thinks: body.thinking !== undefined && body.thinking.type !== 'disabled',
    thoughts: joined(of('thinking').map(({ thinking }) => thinking)),
    cacheMarks: countOf(request, /"cache_control"/g),
    stop: list(body.stop_sequences),
    cap: body.max_tokens,
  }
}

function geminiFacts(request: ReceivedRequest): Facts {
  const body = request.body as Loose
  const config = body.generationConfig ?? {}
  const parts: Loose[] = body.contents.flatMap(({ parts }: Loose) => parts)
  return {
    system: textOf(body.systemInstruction?.parts),
    images: parts.filter(({ inlineData }) => inlineData).map(({ inlineData }) => inlineData.data),
    tools: list(body.tools).flatMap((tool) => list(tool.functionDeclarations).map(({ name }) => name)),
    results: parts
      .filter(({ functionResponse }) => functionResponse)
      .map(({ functionResponse: { response } }) => ({
        text: String(response.output ?? response.result ?? response.error ?? JSON.stringify(response)),
        failed: response.error !== undefined,
      })),
    schema: config.responseJsonSchema ?? config.responseSchema,
    thinks: config.thinkingConfig !== undefined,
    thoughts: joined(parts.filter(({ thought }) => thought).map(({ text }) => text ?? '')),
    cacheMarks: 0,
    stop: list(config.stopSequences),
    cap: config.maxOutputTokens,
  }
}

function bedrockFacts(request: ReceivedRequest): Facts {
  const body = request.body as Loose
  const blocks: Loose[] = body.messages.flatMap(({ content }: Loose) => content)
  const config = body.inferenceConfig ?? {}
  return {
    system: textOf(list(body.system).filter(({ text }) => text !== undefined)),
    images: blocks.filter(({ image }) => image).map(({ image }) => image.source.bytes),
    tools: list(body.toolConfig?.tools).flatMap(({ toolSpec }) => (toolSpec ? [toolSpec.name] : [])),
    results: blocks
      .filter(({ toolResult }) => toolResult)
      .map(({ toolResult }) => ({ text: textOf(toolResult.content), failed: toolResult.status === 'error' })),
    schema: schemaOf(body.outputConfig?.textFormat?.structure?.jsonSchema?.schema) ?? forcedSchema(body.toolConfig),
    thinks: body.additionalModelRequestFields !== undefined,
    thoughts: joined(
      blocks
        .filter(({ reasoningContent }) => reasoningContent)
        .map((block) => block.reasoningContent.reasoningText?.text ?? ''),
    ),
    cacheMarks: countOf(request, /"cachePoint"/g),
    stop: list(config.stopSequences),
    cap: config.maxTokens,
  }
}

/** The input of the tool that has to be called: how models without structured output are held to a schema. */
const forcedSchema = (config: Loose): unknown =>
  list(config?.tools).find(({ toolSpec }) => toolSpec?.name === config.toolChoice?.tool?.name)?.toolSpec.inputSchema
    .json

const schemaOf = (schema: Loose): unknown => (typeof schema === 'string' ? JSON.parse(schema) : schema)

const thinkingOf = (content: Loose): string =>
  joined(list(content).flatMap(({ type, thinking }) => (type === 'thinking' ? [thinking] : [])))

function cohereFacts(request: ReceivedRequest): Facts {
  const body = request.body as Loose
  const messages: Loose[] = body.messages
  const parts = messages.flatMap(({ content }) => list(content))
  return {
    system: joined(messages.filter(({ role }) => role === 'system').map(({ content }) => textOf(content))),
    images: parts
      .filter(({ type }) => type === 'image_url')
      .map(({ image_url }) => image_url.url.replace(/^data:image\/png;base64,/, '')),
    tools: list(body.tools).map((tool) => tool.function.name),
    results: messages
      .filter(({ role }) => role === 'tool')
      .map(({ content }) => ({
        text: textOf(list(content).map((part) => part.document?.data ?? part)),
        failed: false,
      })),
    schema: body.response_format?.json_schema ?? body.response_format?.schema,
    thinks: body.thinking?.type === 'enabled',
    // What it plans to do with tools is a thought with a place of its own.
    thoughts: joined(messages.map((message) => thinkingOf(message.content) + (message.tool_plan ?? ''))),
    cacheMarks: 0,
    stop: list(body.stop_sequences),
    cap: body.max_tokens,
  }
}

export interface MatrixProvider {
  /** The provider, and the models of it that are meant where they make a difference. */
  readonly name: ProviderName
  readonly dialect: string
  /** What clients put before the slash. */
  readonly id: string
  /** The keys of its entry in the configuration, given the simulator's URL. */
  readonly keys: (url: string) => readonly object[]
  /** The name of a model that behaves as one of the simulator's. */
  readonly model: (word: string) => string
  readonly facts: (request: ReceivedRequest) => Facts
}

const key = { name: 'main', value: 'sk-test-main', models: ['*'] }
const usual = { keys: () => [key], model: (word: string) => word }
const awsKeys = () => [{ ...key, bedrock_key_config: { region: 'us-east-1' } }]

export const matrixProviders: readonly MatrixProvider[] = [
  { ...usual, name: 'openai', dialect: 'openai-chat', id: 'openai', facts: openaiFacts },
  {
    ...usual,
    name: 'openrouter',
    dialect: 'openai-chat',
    id: 'openrouter',
    // It has fields of its own, which OpenAI, whose wire the simulator knows, would refuse.
    model: (word) => `${word}+lenient`,
    facts: openaiFacts,
  },
  { ...usual, name: 'anthropic', dialect: 'anthropic-messages', id: 'anthropic', facts: anthropicFacts },
  {
    name: 'azure, Claude',
    dialect: 'anthropic-messages',
    id: 'azure',
    keys: (url) => [{ ...key, azure_key_config: { endpoint: url } }],
    model: (word) => `claude-sonnet-4-5+like-${word}`,
    facts: anthropicFacts,
  },
  {
    name: 'bedrock, Claude',
    dialect: 'anthropic-messages',
    id: 'bedrock',
    keys: awsKeys,
    model: (word) => `us.anthropic.claude-sonnet-4-5-20250929-v1:0+like-${word}`,
    facts: anthropicFacts,
  },
  {
    name: 'bedrock, Nova',
    dialect: 'bedrock-converse',
    id: 'bedrock',
    keys: awsKeys,
    model: (word) => `us.amazon.nova-2-lite-v1:0+like-${word}`,
    facts: bedrockFacts,
  },
  { ...usual, name: 'gemini', dialect: 'gemini', id: 'gemini', facts: geminiFacts },
  { ...usual, name: 'cohere', dialect: 'cohere-chat', id: 'cohere', facts: cohereFacts },
]
