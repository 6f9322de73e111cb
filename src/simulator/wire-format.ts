/**
 * What a wire format must bring to be spoken here, apart from OpenAI's chat completions, which `chat.ts` speaks: where it is reached,
 * how a request is checked, how an answer is written, and how it says that something is wrong. A folder here holds each of them, and
 * `wires.ts` is the list. Everything a wire demands comes from its provider's reference, never from what our dialects happen to send.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Model } from './behaviours.ts'
import type { ErrorBody, NamedError, Refused } from './errors.ts'
import type { Faults } from './faults.ts'
import type { Reply } from './replies.ts'
import type { KeptResponses } from './responses/kept.ts'

/** One wire, as data. */
export interface WireFormat {
  /** Such as `anthropic`. */
  name: string
  /** The paths that are refused in this wire's words when no route fits them. */
  territory: RegExp
  routes: readonly WireRoute[]
  /** The headers that all its replies carry. `number` counts the requests of this simulator. */
  headers: (number: number, milliseconds: number) => Record<string, string>
  errors: WireErrors
}

/** How a wire tells of failures. */
export interface WireErrors {
  /**
   * The body of a refusal, and headers that go with it; `headers` are those the reply has already. Refusals that do not come from
   * the wire itself (a body that is no JSON, an unknown model, an unknown fault) are thrown in OpenAI's form: `status` and
   * `body.message` are then what there is to go by.
   */
  bodyOf: (refused: Refused, headers: Record<string, string>) => { body: unknown; headers?: Record<string, string> }
  /** What the service says with a status. */
  ofStatus: (status: number) => ErrorBody
  /**
   * Errors that mean more than their status does. What a wire has no form of its own for, it says as it says its status; what is no
   * error on a wire, its replies tell themselves.
   */
  named?: Partial<Record<NamedError, Refused | 'in-reply'>>
}

/** A request on a wire, as far as it is understood before the wire has looked at it. */
export interface WireRequest {
  method: string
  /** With the query. */
  url: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  /** What the groups of the route's `path` found, percent signs undone. A group that found nothing is an empty text. */
  found: readonly string[]
  /** The body, letter for letter. Its UTF-8 is the bytes that came. */
  text: string
  /** Milliseconds. */
  now: number
}

/** A request whose sender is known, whose body was read, and whose model was found. */
export interface ReadRequest extends WireRequest {
  /** The body, parsed; undefined where the route takes none. */
  body: unknown
  /** What the request calls the model, with the words of faults in it; empty where the route has no model. */
  name: string
  model: Model
  /** The number in the model's name. */
  number: number
  /** Unknown fields are to be let through, at any depth. */
  lenient: boolean
  /** The responses that this simulator keeps, for the wire that has such. */
  kept: KeptResponses
  /** To be carried by the reply. */
  replyHeaders: Record<string, string>
}

/** One address of a wire. */
export interface WireRoute {
  method: 'GET' | 'POST' | 'DELETE'
  path: RegExp
  /** Where two wires share an address: whether a request with these headers and this query is meant for this one. */
  claims?: (headers: IncomingHttpHeaders, query: string) => boolean
  /** The key of the request; empty where there is none and `required` is false. Throws a `Refused` without the right to be here. */
  authorize: (request: WireRequest, required: boolean) => string
  /** `json` reads the body and refuses what is none; `nothing` leaves it alone. */
  takes: 'json' | 'nothing'
  /** The name of the model a request asks for, words of faults and all. Undefined where it names none, which `prepare` may refuse. */
  modelOf?: (request: WireRequest, body: unknown) => string | undefined
  /**
   * Checks the request, throwing a `Refused`, and gives what writes the reply. It comes in two steps because a request that is refused
   * does not count for faults that pass after a number of requests.
   */
  prepare: (request: ReadRequest) => (faults: Faults) => Reply
}
