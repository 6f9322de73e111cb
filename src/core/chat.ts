/**
 * The canonical form of a chat: the one shape every dialect translates to and from. An assistant's turn is an ordered list of blocks;
 * flat formats are made into blocks and back. A field no member has a name for rides in `extra` of the object it stood in, and
 * returns only to the dialect named by `ChatRequest.dialect` or `ChatResponse.dialect`.
 */
import type { GatewayError } from './errors.ts'
import type { Json, JsonObject } from './json.ts'
import type { Usage } from './usage.ts'

/**
 * Fields of the wire that the canonical form has no name for, by their name on that wire. One that stood in an inner object keeps its
 * place: `{image_url: {crop}}` in an image's `extra`.
 */
export type Extra = Record<string, Json>

/** Where the bytes of an image, a file or a sound are. */
export type Source =
  | { kind: 'url'; url: string }
  /** `data` is base64. */
  | { kind: 'data'; mediaType?: string; data: string }
  | { kind: 'id'; id: string }
  | { kind: 'text'; text: string }

/** Marks that any block may carry. */
export interface Marks {
  /** Ask the provider to cache everything up to here. */
  cacheControl?: { type: string; ttl?: string; scope?: string }
  citations?: { enabled: boolean }
  extra?: Extra
  /** A block that went out in another dialect's reply and is on its way back: to which dialect its `extra`, or its unknown value, returns. */
  dialect?: string
}

export interface TextBlock extends Marks {
  type: 'text'
  text: string
  annotations?: Annotation[]
}
export interface ImageBlock extends Marks {
  type: 'image'
  source: Source
  detail?: string
}
/** A sound: what a user sends (`source`, `format`), or what a model answered (with id, transcript, expiry). */
export interface AudioBlock extends Marks {
  type: 'audio'
  source?: Source
  format?: string
  id?: string
  transcript?: string
  /** Unix seconds. */
  expiresAt?: number
}
export interface VideoBlock extends Marks {
  type: 'video'
  source: Source
}
export interface FileBlock extends Marks {
  type: 'file'
  source: Source
  filename?: string
  fileType?: string
}
export interface RefusalBlock extends Marks {
  type: 'refusal'
  text: string
}
/**
 * What a model thought. `text` may be empty where only a signature or an opaque `data` blob is known; all of it must go back to the
 * same provider unchanged.
 */
export interface ReasoningBlock extends Marks {
  type: 'reasoning'
  kind: 'text' | 'summary' | 'encrypted'
  text?: string
  signature?: string
  data?: string
  /** Of the detail; for a signature that belongs to a tool call (Gemini), the id of that call. */
  id?: string
  /** Whose signature or blob it is (`anthropic-claude-v1`, `google-gemini-v1`): nobody else can read it. Absent: the target's, one has to believe. */
  format?: string
}
/** `arguments` is the exact text the model wrote: JSON for `function`, anything for `custom`. */
export interface ToolCallBlock extends Marks {
  type: 'tool-call'
  kind: 'function' | 'custom'
  id: string
  name: string
  arguments: string
}
/** A block of a type this house does not know: kept whole for its own dialect, refused or dropped by name for others. */
export interface UnknownBlock extends Marks {
  type: 'unknown'
  value: JsonObject
  place?: UnknownPlace
}
/** The list on the wire an unknown block stood in, where its dialect has more than one. Default `content`. */
export type UnknownPlace = 'content' | 'reasoning-details' | 'tool-calls'
export type Block =
  | TextBlock
  | ImageBlock
  | AudioBlock
  | VideoBlock
  | FileBlock
  | RefusalBlock
  | ReasoningBlock
  | ToolCallBlock
  | UnknownBlock

export type Annotation =
  | {
      type: 'url-citation'
      url: string
      title?: string
      startIndex?: number
      endIndex?: number
      text?: string
      extra?: Extra
    }
  | { type: 'unknown'; value: JsonObject }

interface MessageBase {
  name?: string
  content: Block[]
  /** A cache mark on the message as a whole: on a tool's result, say. */
  cacheControl?: Marks['cacheControl']
  extra?: Extra
}
export type Message =
  | (MessageBase & { role: 'system' | 'developer' | 'user' | 'assistant' })
  | (MessageBase & { role: 'tool'; toolCallId: string; isError?: boolean })

export type Tool =
  | ({ kind: 'function'; name: string; description?: string; parameters?: JsonObject; strict?: boolean } & Marks)
  | ({ kind: 'custom'; name: string; description?: string; format?: JsonObject } & Marks)
  /** A tool the provider runs itself, kept whole. */
  | ({ kind: 'server'; type: string; value: JsonObject } & Marks)

export type ToolChoice =
  | { mode: 'none' | 'auto' | 'required' }
  | { mode: 'tool'; kind: 'function' | 'custom'; name: string; extra?: Extra }
  | {
      mode: 'allowed'
      among: 'auto' | 'required'
      tools: { kind: 'function' | 'custom'; name: string; extra?: Extra }[]
      /** Tools on the list that the provider runs itself. Absent: the wire cannot list them, so that the choice says nothing of them. */
      servers?: ChosenServerTool[]
      extra?: Extra
    }
  /** A tool that the provider runs itself has to be used. */
  | ({ mode: 'server' } & ChosenServerTool)

/** A tool that the provider runs itself, as a choice names it; `value` is how the wire does. */
export interface ChosenServerTool {
  type: string
  value: JsonObject
}

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json-object' }
  | { type: 'json-schema'; name: string; schema?: JsonObject; strict?: boolean; description?: string; extra?: Extra }
  | { type: 'unknown'; value: JsonObject }

/** How much to think. `maxTokens` is a budget; providers that only know effort get an estimate, and the other way round. */
export interface Reasoning {
  enabled?: boolean
  effort?: string
  maxTokens?: number
  display?: string
  extra?: Extra
}

export interface ChatRequest {
  /** The dialect the request came in, to which alone `extra` returns. */
  dialect: string
  /** As the target's provider calls it, without a provider prefix. */
  model: string
  messages: Message[]
  stream: boolean
  maxTokens?: number
  temperature?: number
  topP?: number
  topK?: number
  frequencyPenalty?: number
  presencePenalty?: number
  logitBias?: Record<string, number>
  logprobs?: boolean
  topLogprobs?: number
  /** How many choices to give. */
  n?: number
  stop?: string[]
  seed?: number
  user?: string
  tools?: Tool[]
  toolChoice?: ToolChoice
  parallelToolCalls?: boolean
  responseFormat?: ResponseFormat
  reasoning?: Reasoning
  serviceTier?: string
  metadata?: JsonObject
  modalities?: string[]
  audio?: { format?: string; voice?: Json; extra?: Extra }
  prediction?: JsonObject
  promptCacheKey?: string
  promptCacheRetention?: string
  safetyIdentifier?: string
  store?: boolean
  verbosity?: string
  webSearch?: JsonObject
  streamOptions?: { includeUsage?: boolean; includeObfuscation?: boolean; extra?: Extra }
  extra?: Extra
}

/** `stop`, `length`, `tool_calls`, `content_filter`; a provider's other words pass through. Null: not told. */
export type FinishReason = string | null

export interface Choice {
  index: number
  content: Block[]
  finishReason: FinishReason
  stopSequence?: string
  /** As OpenAI shapes them: `content[]` and `refusal[]` of tokens with their probabilities. */
  logprobs?: JsonObject
  extra?: Extra
  /** Unknown fields of the message inside the choice. */
  messageExtra?: Extra
}

export interface ChatResponse {
  dialect: string
  id: string
  /** As the provider reports it. */
  model: string
  /** Unix seconds. */
  created: number
  choices: Choice[]
  usage?: Usage
  serviceTier?: string
  systemFingerprint?: string
  /** Web results the model drew on, as Perplexity shapes them. */
  searchResults?: Json[]
  videos?: Json[]
  citations?: Json[]
  extra?: Extra
}

/** The empty block a `block-start` opens; deltas fill it. */
export type BlockStart =
  | { type: 'text' | 'refusal' }
  | { type: 'reasoning'; kind: ReasoningBlock['kind']; id?: string; format?: string }
  | { type: 'tool-call'; kind: ToolCallBlock['kind']; id: string; name: string }
  | { type: 'audio'; id?: string }
  /** Whole: nothing is added to it. */
  | { type: 'image'; source: Source; detail?: string }
  | { type: 'unknown'; value: JsonObject; place?: UnknownPlace }

/** What a `block-delta` adds: strings are appended, the rest replaces. */
export interface BlockDelta {
  /** Text of a text, refusal or reasoning block; arguments of a tool call; transcript of a sound. */
  text?: string
  /** Base64 of a sound or of encrypted reasoning. */
  data?: string
  signature?: string
  annotations?: Annotation[]
  logprobs?: JsonObject
  id?: string
  expiresAt?: number
  extra?: Extra
  /** Unknown fields of the choice and of the chunk that the delta came in. */
  choiceExtra?: Extra
  chunkExtra?: Extra
}

/**
 * A reply as it grows: one `start`, then blocks, then exactly one `finish` or one `error`. `choice` tells the answers of `n > 1` apart;
 * `index` counts the blocks of one choice from 0 in the order they open. Blocks of one choice may be open at the same time
 * (interleaved tool calls); every block that was opened is closed before `finish`.
 */
export type ChatEvent =
  | {
      type: 'start'
      /** The dialect the stream came in, to which alone `extra` returns. Absent: not told, so to none. */
      dialect?: string
      id: string
      model: string
      created: number
      serviceTier?: string
      systemFingerprint?: string
      extra?: Extra
    }
  | { type: 'block-start'; choice: number; index: number; block: BlockStart }
  | { type: 'block-delta'; choice: number; index: number; delta: BlockDelta }
  | { type: 'block-end'; choice: number; index: number }
  | {
      type: 'finish'
      choices: { index: number; finishReason: FinishReason; stopSequence?: string; extra?: Extra }[]
      usage?: Usage
      /** Where it was not known at the start. */
      serviceTier?: string
      searchResults?: Json[]
      videos?: Json[]
      citations?: Json[]
      extra?: Extra
    }
  | { type: 'error'; error: GatewayError }
