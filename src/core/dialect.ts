/** What a wire format must do: a half that faces clients and a half that faces providers. */
import type { ChatEvent, ChatRequest, ChatResponse } from './chat.ts'
import type { GatewayError } from './errors.ts'
import type { ExtraFields } from './extra-fields.ts'
import type { Json, JsonObject } from './json.ts'
import type { Member } from './json-text.ts'
import type { Frame } from './sse.ts'
import type { EventDecoder, Translator } from './translate.ts'
import type { Usage } from './usage.ts'

/** Faces a provider. */
export interface ProviderChat {
  readonly dialect: string
  /** `dropped` names, as JSON paths of the client's request, what this provider cannot carry. */
  encodeRequest(request: ChatRequest): { body: JsonObject; dropped?: string[] }
  /**
   * The client speaks this dialect as well: its own text with nothing changed but what this provider needs; every byte that is not part
   * of a change stays.
   */
  adaptRequest(request: RequestText, adaption: Adaption): { text: string; dropped: string[] }
  /** Throws `upstream-unreadable` when the body is not an answer, `upstream-error` when it is an error in disguise. */
  decodeResponse(body: Json): ChatResponse
  /** `end` answers an unfinished stream with an `error` event. */
  decodeEvents(): EventDecoder<Frame, ChatEvent>
  decodeError(status: number, body: string): GatewayError
}

/** A checked request as the client wrote it: the text, where its top-level members stand, and what it says. */
export interface RequestText {
  readonly text: string
  readonly members: readonly Member[]
  readonly body: JsonObject
}

/** What to change in a request that keeps its dialect. */
export interface Adaption {
  /** The model as the provider calls it. */
  readonly model: string
  /** The client asked that the contents of `extra_params` be put into the body. */
  readonly passExtraParams: boolean
}

/** What the engine must know of a request before anything is translated. */
export interface ChatHead {
  /** As the client wrote it. */
  readonly model: string
  readonly stream: boolean
  /** `provider/model` each, as the client wrote them. Undefined: none given, which is not the same as an empty list. */
  readonly fallbacks: readonly string[] | undefined
}

/** Faces a client; also the home of what our wire contract adds. */
export interface ClientChat {
  readonly dialect: string
  /** Checks types, ranges and enums. Throws `invalid-request` naming the path. Unknown keys are never an error. */
  checkRequest(body: Json): ChatHead
  decodeRequest(body: JsonObject): ChatRequest
  encodeResponse(response: ChatResponse, extra: ExtraFields): JsonObject
  encodeEvents(writing: StreamWriting): Translator<ChatEvent, Frame>
  encodeError(error: GatewayError, extra: ExtraFields): JsonObject
  /** The provider speaks this dialect as well: its own text with ours spliced in. Null: not fit for it, decode and encode. */
  spliceResponse(text: string, extra: ExtraFields): SplicedResponse | null
  spliceEvents(writing: StreamWriting): ReplyStream
}

/** Texts are byte strings: each character is one byte of UTF-8 (`latin1`), so that nothing is decoded and encoded again. */
export interface SplicedResponse {
  readonly text: string
  /** Worked out when it is asked for, which is after the reply. */
  readUsage(): Usage | undefined
}

/** What the writer of a stream needs besides the events. */
export interface StreamWriting {
  readonly extra: ExtraFields
  /** The client asked for usage in a last chunk without choices, as OpenAI does it. */
  readonly includeUsage: boolean
  /** How many choices the client asked for. */
  readonly choices: number
  /** Also show each provider chunk as `extra_fields.raw_response`. */
  readonly rawResponse: boolean
  /** When the provider was asked, on the clock of `now`. */
  readonly started: number
  /** Milliseconds of a clock that only goes forward. */
  now(): number
}

/** How far a reply stream has come; read after each push. */
export interface StreamProgress {
  /** Something of the answer is there: the client may see it, and there is no way back to another target. */
  committed: boolean
  /** Every choice has said why it ended: if nothing more comes, the answer is complete. */
  complete: boolean
  /** The provider said that nothing follows. */
  done: boolean
  /** The stream failed; nothing more will come out of it. */
  error: GatewayError | undefined
  usage: Usage | undefined
}

/** A provider's stream on its way to the client. Texts are byte strings, as in `SplicedResponse`. */
export interface ReplyStream {
  readonly progress: StreamProgress
  /** Bytes from the provider → bytes for the client, often fewer events than came in, possibly none. */
  push(bytes: string): string
  /** The provider's body ended: the closing events, or, when the answer is not complete, `progress.error`. */
  end(): string
  /** The frame that tells the client of a failure after the start. */
  failure(error: GatewayError): string
}
