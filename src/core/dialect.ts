/** What a wire format must do: a half that faces clients and a half that faces providers. */
import type { RequestUses } from './capabilities.ts'
import type { ChatEvent, ChatRequest, ChatResponse, Extra } from './chat.ts'
import type { GatewayError } from './errors.ts'
import type { ExtraFields } from './extra-fields.ts'
import type { Json, JsonObject } from './json.ts'
import type { Member } from './json-text.ts'
import type { ReplyPricer } from './pricing.ts'
import type { Frame } from './sse.ts'
import type { EventDecoder, Translator } from './translate.ts'
import type { Usage } from './usage.ts'

/** Faces a provider. */
export interface ProviderChat {
  readonly dialect: string
  /** For docs/providers.md. */
  readonly about?: AboutWire
  /** How a stream's bytes become events where they are no server-sent events. */
  readonly framing?: Framing
  encodeRequest(request: ChatRequest, target: Addressee): EncodedRequest
  /**
   * The client speaks this dialect as well: its own text with nothing changed but what this provider needs; every byte that is not part
   * of a change stays.
   */
  adaptRequest(request: RequestText, target: Addressee): AdaptedRequest
  /** Throws `upstream-unreadable` when the body is not an answer, `upstream-error` when it is an error in disguise. */
  decodeResponse(body: Json, context: ReplyContext): ChatResponse
  /** `end` answers an unfinished stream with an `error` event. */
  decodeEvents(context: ReplyContext): EventDecoder<Frame, ChatEvent>
  /** `headers` have lower-case names. */
  decodeError(status: number, body: string, headers: Readonly<Record<string, string>>): GatewayError
}

/** What there is to tell people of how a provider is spoken to; it decides nothing. */
export interface AboutWire {
  /** `Chat completions`, `Converse`, … */
  readonly name: string
  /** Fields of a chat completion request that are left out and named, whatever the model. */
  readonly drops?: readonly string[]
  /** The same for fields of messages. */
  readonly dropsFromMessages?: readonly string[]
  /** What is refused with 400, whatever the model, each in a few words of Markdown. */
  readonly refuses?: readonly string[]
  /** Takes the reasoning of earlier turns back. */
  readonly reasoningBack?: boolean
}

/** `dropped` names, as JSON paths of a chat completion request, what the provider cannot carry; `headers` go out with the body, names in lower case. */
export interface EncodedRequest {
  readonly body: JsonObject
  readonly dropped?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

export interface AdaptedRequest {
  readonly text: string
  readonly dropped: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

/** A provider's own counting of what a request would have it read, without an answer. */
export interface ProviderCount {
  readonly dialect: string
  /** As `ProviderChat` has it. */
  encodeRequest(request: ChatRequest, target: Addressee): EncodedRequest
  adaptRequest(request: RequestText, target: Addressee): AdaptedRequest
  /** Throws `upstream-unreadable` when the body is no count, `upstream-error` when it is an error in disguise. */
  decodeResponse(body: Json): TokenCount
  /** Does the error say that this model is not counted, whatever others are? Then an estimate has to do. Absent: it never does. */
  declines?(error: GatewayError): boolean
  /** `headers` have lower-case names. */
  decodeError(status: number, body: string, headers: Readonly<Record<string, string>>): GatewayError
}

/** What a request would have a model read. */
export interface TokenCount {
  /** Whose count it is, to whose clients alone `extra` returns. */
  readonly dialect: string
  readonly inputTokens: number
  /** Which tokens they are, and their texts, where the provider tells. */
  readonly tokens?: readonly number[]
  readonly tokenStrings?: readonly string[]
  readonly extra?: Extra
}

/** How a provider frames its events. */
export interface Framing {
  /** The content type of such a stream. */
  readonly mediaType: string
  /** Bytes (as byte strings) → events. Throws `upstream-unreadable` for bytes that cannot be right. */
  reader(): Translator<string, Frame>
}

/** Who a request goes to. */
export interface Addressee {
  /** The model as the provider calls it. */
  readonly model: string
  /** The model as the client called it, where a deployment's name may say nothing. */
  readonly requested?: string
  /** The client asked that the contents of `extra_params` be put into the body. */
  readonly passExtraParams: boolean
  /** The value of a header as it goes out unless the dialect sets another; `name` in lower case. */
  header(name: string): string | undefined
}

/** What reading a reply needs besides the reply. */
export interface ReplyContext {
  /** What was asked, in the canonical form: some replies mean what they mean by it. Undefined where the client's own text was sent. */
  readonly request: ChatRequest | undefined
  /** The model that was asked, for replies that do not name theirs. */
  readonly model: string
  /** Unix seconds, for replies that do not say when they were made. */
  readonly created: number
  /** Fit for an id, and different for every call, for replies that have none. */
  readonly id: string
}

/** A checked request as the client wrote it: the text, where its top-level members stand, and what it says. */
export interface RequestText {
  readonly text: string
  readonly members: readonly Member[]
  readonly body: JsonObject
}

/** What a reply is an answer to, for wires on which a reply tells of it. */
export interface Asked {
  /** As the client wrote it, whatever was made of it on the way to a provider. */
  readonly request: RequestText
  /** The id the reply is to have, on wires whose clients come back with it: not to be guessed. Absent: the provider's. */
  readonly replyId?: string
}

/** What the engine must know of a request before anything is translated. */
export interface ChatHead {
  /** As the client wrote it. */
  readonly model: string
  readonly stream: boolean
  /** `provider/model` each, as the client wrote them. Undefined: none given, which is not the same as an empty list. */
  readonly fallbacks: readonly string[] | undefined
  /** The client asked for usage in a last chunk without choices, as OpenAI does it. */
  readonly includeUsage: boolean
  /** How many choices the client asked for. */
  readonly choices: number
}

/** Faces a client; also the home of what our wire contract adds. */
export interface ClientChat {
  readonly dialect: string
  /** What the wire calls such a request; one for a stream has `_stream` behind it. */
  readonly requestType: 'chat_completion' | 'responses'
  /** Checks types, ranges and enums. Throws `invalid-request` naming the path. Unknown keys are never an error. */
  checkRequest(body: Json): ChatHead
  /** `text` is what the body was read from, where it is at hand: some numbers are longer than JavaScript's. */
  decodeRequest(body: JsonObject, text?: string): ChatRequest
  /** What a request asks for, where that can be read without decoding it. Absent: decode it. */
  usesOf?(body: JsonObject): RequestUses
  encodeResponse(response: ChatResponse, extra: ExtraFields, asked: Asked): JsonObject
  encodeEvents(writing: StreamWriting): EventEncoder
  encodeError(error: GatewayError, extra: ExtraFields): JsonObject
  /** What a client is shown of a call that is answered later, while it is not; absent: its calls cannot be put off. */
  encodePending?(pending: PendingReply, extra: ExtraFields, asked?: Asked): JsonObject
  /** A reply that was put off and has ended without an answer, on wires that have a form for that. */
  encodeEnded?(ended: EndedReply, extra: ExtraFields, asked: Asked): JsonObject
  /** What this client calls a place that `dropped` names; absent: the same. */
  nameOf?(path: string, request: RequestText): string
  /**
   * The provider speaks this dialect as well: its own text with ours spliced in. Null: not fit for it, decode and encode. `price` is for
   * usage that does not tell its cost.
   */
  spliceResponse(text: string, extra: ExtraFields, price: ReplyPricer | undefined, asked: Asked): SplicedResponse | null
  spliceEvents(writing: StreamWriting): ReplyStream
  /** Where clients may ask what a request would have a model read. */
  readonly count?: ClientCount
}

/** The place of a reply that is not there yet. */
export interface PendingReply {
  /** By which it is asked for; the reply has an id of its own. */
  readonly id: string
  /** When it was handed in, in Unix seconds. */
  readonly created: number
  readonly model: string
  readonly state: 'pending' | 'processing'
}

/** The place of a reply that will not come. */
export interface EndedReply extends Omit<PendingReply, 'state'> {
  /** Undefined: it was cancelled. */
  readonly error: GatewayError | undefined
}

/** Writes a reply as it grows. */
export interface EventEncoder extends Translator<ChatEvent, Frame> {
  /** As `StreamProgress` has it, as text. */
  readonly whole?: string | undefined
}

/** The questions and answers of counting, as clients of a dialect have them; the rest is as in its chat. */
export interface ClientCount {
  /** Checks as `ClientChat` does. */
  checkRequest(body: Json): ChatHead
  encodeCount(count: TokenCount, extra: ExtraFields): JsonObject
}

/** Texts are byte strings: each character is one byte of UTF-8 (`latin1`), so that nothing is decoded and encoded again. */
export interface SplicedResponse {
  readonly text: string
  /** The provider's id of the reply, where the reply got another one. */
  readonly upstreamId?: string | undefined
  /** Worked out when it is asked for, which is after the reply. */
  readUsage(): Usage | undefined
}

/** What the writer of a stream needs besides the events. */
export interface StreamWriting {
  readonly extra: ExtraFields
  readonly asked: Asked
  readonly includeUsage: ChatHead['includeUsage']
  readonly choices: ChatHead['choices']
  /** Also show each provider chunk as `extra_fields.raw_response`. */
  readonly rawResponse: boolean
  /** Absent: nobody knows what the answer costs. */
  readonly price?: ReplyPricer | undefined
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
  /** The whole reply as the last event tells it, once that is written: a byte string that stands in it. For wires whose last event does. */
  whole?: string | undefined
  /** The provider's id of the reply, where the reply got another one. */
  upstreamId?: string | undefined
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
