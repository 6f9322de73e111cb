/**
 * What a Converse request may hold: every documented member with its type, length, range and pattern.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
import {
  blob,
  boolean,
  document,
  float,
  integer,
  list,
  map,
  oneOf,
  type Shape,
  string,
  structure,
  union,
} from './shapes.ts'

const text = string()
const filled = string(1)
const toolName = string(1, 64, /^[a-zA-Z0-9_-]+$/)
const toolUseId = string(1, 64, /^[a-zA-Z0-9_.:-]+$/)
const empty = structure({})

const s3Location = structure(
  { uri: string(1, 1024, /^s3:\/\/[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9](\/.*)?$/) },
  { bucketOwner: string(0, 12, /^[0-9]{12}$/) },
)
const errorBlock = structure({}, { message: text })
const cachePoint = structure({ type: oneOf('default') }, { ttl: oneOf('5m', '1h') })
const citationsConfig = structure({ enabled: boolean })

const image = structure(
  { format: oneOf('png', 'jpeg', 'gif', 'webp'), source: union({ bytes: blob, s3Location }) },
  { error: errorBlock },
)
const documentBlock = structure(
  {
    name: string(1, 200),
    source: union({ bytes: blob, s3Location, text, content: list(union({ text })) }),
  },
  {
    format: oneOf('pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'),
    context: text,
    citations: citationsConfig,
  },
)
const video = structure({
  format: oneOf('mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp'),
  source: union({ bytes: blob, s3Location }),
})
const audioFormats = 'mp3 opus wav aac flac mp4 ogg mkv mka x-aac m4a mpeg mpga pcm webm'.split(' ')
const audio = structure(
  { format: oneOf(...audioFormats), source: union({ bytes: blob, s3Location }) },
  { error: errorBlock },
)
const searchResult = structure(
  { source: text, title: text, content: list(structure({ text })) },
  { citations: citationsConfig },
)
const guardContent = union({
  text: structure({ text }, { qualifiers: list(oneOf('grounding_source', 'query', 'guard_content')) }),
  image: structure({ format: oneOf('png', 'jpeg'), source: union({ bytes: blob }) }),
})

const toolUse = structure({ toolUseId, name: toolName, input: document }, { type: oneOf('server_tool_use') })
const toolResult = structure(
  {
    toolUseId,
    content: list(union({ json: document, text, image, document: documentBlock, video, searchResult })),
  },
  { status: oneOf('success', 'error'), type: text },
)
const reasoningContent = union({
  reasoningText: structure({ text }, { signature: text }),
  redactedContent: blob,
})

const span = (index: string) => structure({}, { [index]: integer(0), start: integer(0), end: integer(0) })
const citation = structure(
  {},
  {
    title: text,
    source: text,
    sourceContent: list(union({ text })),
    location: union({
      web: structure({}, { url: text, domain: text }),
      documentChar: span('documentIndex'),
      documentPage: span('documentIndex'),
      documentChunk: span('documentIndex'),
      searchResultLocation: span('searchResultIndex'),
    }),
  },
)
const citationsContent = structure({}, { content: list(union({ text })), citations: list(citation) })
const toolReference = structure({ tool: structure({}, { type: text, name: text, serverName: text }) })

const contentBlock = union({
  text,
  image,
  document: documentBlock,
  video,
  audio,
  toolUse,
  toolResult,
  guardContent,
  cachePoint,
  reasoningContent,
  citationsContent,
  searchResult,
  toolAddition: toolReference,
  toolRemoval: toolReference,
})
const messages = list(structure({ role: oneOf('user', 'assistant', 'system'), content: list(contentBlock) }))
const system = list(union({ text: filled, guardContent, cachePoint }))

const toolSpec = structure(
  { name: toolName, inputSchema: union({ json: document }) },
  { description: filled, strict: boolean },
)
const toolConfig = structure(
  { tools: list(union({ toolSpec, systemTool: structure({ name: toolName }), cachePoint }), 1) },
  { toolChoice: union({ auto: empty, any: empty, tool: structure({ name: toolName }) }) },
)

const inferenceConfig = structure(
  {},
  { maxTokens: integer(1), temperature: float(0, 1), topP: float(0, 1), stopSequences: list(filled, 0, 2500) },
)
const guardrailId = /^(|([a-z0-9]+)|(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+))$/
const guardrailMembers = {
  guardrailIdentifier: string(0, 2048, guardrailId),
  guardrailVersion: string(0, 8, /^(|([1-9][0-9]{0,7})|(DRAFT))$/),
  trace: oneOf('enabled', 'disabled', 'enabled_full'),
}
const jsonSchema = structure({ schema: text }, { name: text, description: text })
const outputConfig = structure(
  {},
  {
    textFormat: structure({ type: oneOf('json_schema'), structure: union({ jsonSchema }) }),
    effort: oneOf('low', 'medium', 'high', 'xhigh', 'max'),
  },
)
const metadataText = (least: number) => string(least, 256, /^[a-zA-Z0-9\s:_@$#=/+,\-.]*$/)

const members = {
  messages,
  system,
  inferenceConfig,
  toolConfig,
  guardrailConfig: structure({}, guardrailMembers),
  additionalModelRequestFields: document,
  promptVariables: map(text, union({ text })),
  additionalModelResponseFieldPaths: list(string(1, 256), 0, 10),
  requestMetadata: map(metadataText(1), metadataText(0), 1, 16),
  performanceConfig: structure({}, { latency: oneOf('standard', 'optimized') }),
  serviceTier: structure({ type: oneOf('priority', 'default', 'flex', 'reserved') }),
  outputConfig,
}

/** The body of `Converse`. */
export const converseShape: Shape = structure({}, members)

/** The body of `ConverseStream`, whose guardrail says when it looks. */
export const converseStreamShape: Shape = structure(
  {},
  {
    ...members,
    guardrailConfig: structure({}, { ...guardrailMembers, streamProcessingMode: oneOf('sync', 'async') }),
  },
)

/** The body of `CountTokens`. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html */
export const countTokensShape: Shape = structure({
  input: union({
    invokeModel: structure({ body: blob }),
    converse: structure({}, { messages, system, toolConfig, additionalModelRequestFields: document }),
  }),
})

export interface DocumentBlock {
  format?: string
  name: string
  source: { bytes?: string; s3Location?: object; text?: string; content?: { text: string }[] }
  context?: string
  citations?: { enabled: boolean }
}

/** One kind of content; exactly one of the members is there. */
export interface ContentBlock {
  text?: string
  image?: MediaBlock
  document?: DocumentBlock
  video?: MediaBlock
  audio?: MediaBlock
  toolUse?: { toolUseId: string; name: string; input: unknown; type?: string }
  toolResult?: { toolUseId: string; content: ResultBlock[]; status?: 'success' | 'error'; type?: string }
  guardContent?: { text?: { text: string }; image?: object }
  cachePoint?: CachePoint
  reasoningContent?: { reasoningText?: { text: string; signature?: string }; redactedContent?: string }
  citationsContent?: { content?: { text: string }[]; citations?: object[] }
  searchResult?: { source: string; title: string; content: { text: string }[]; citations?: { enabled: boolean } }
  toolAddition?: { tool: { name?: string } }
  toolRemoval?: { tool: { name?: string } }
}

export interface MediaBlock {
  format: string
  source: { bytes?: string; s3Location?: object }
}

export type ResultBlock = Pick<ContentBlock, 'text' | 'image' | 'document' | 'video' | 'searchResult'> & {
  json?: unknown
}

export interface CachePoint {
  type: 'default'
  ttl?: '5m' | '1h'
}

export interface Message {
  role: 'user' | 'assistant' | 'system'
  content: ContentBlock[]
}

export type SystemBlock = Pick<ContentBlock, 'text' | 'guardContent' | 'cachePoint'>

export interface Tool {
  toolSpec?: { name: string; description?: string; inputSchema: { json: unknown }; strict?: boolean }
  systemTool?: { name: string }
  cachePoint?: CachePoint
}

/** A request of the shape above. */
export interface ConverseRequest {
  messages?: Message[]
  system?: SystemBlock[]
  inferenceConfig?: { maxTokens?: number; temperature?: number; topP?: number; stopSequences?: string[] }
  toolConfig?: { tools: Tool[]; toolChoice?: { auto?: object; any?: object; tool?: { name: string } } }
  guardrailConfig?: { guardrailIdentifier?: string; guardrailVersion?: string; trace?: string }
  additionalModelRequestFields?: unknown
  additionalModelResponseFieldPaths?: string[]
  performanceConfig?: { latency?: string }
  serviceTier?: { type: string }
  outputConfig?: { textFormat?: { structure: { jsonSchema: { schema: string } } }; effort?: string }
}
