/** What a client says over a socket: one JSON text for each response it wants. https://developers.openai.com/api/docs/guides/websocket-mode */
import type { RequestText } from '../../core/dialect.ts'
import { type GatewayError, invalidRequest } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { Edits, members } from '../../core/json-text.ts'
import { shortened } from '../../core/shortened.ts'

export type ClientEvent =
  | {
      readonly kind: 'create'
      /** As if it had come by HTTP, for a stream. */
      readonly request: RequestText
      /** False: nothing is to be answered yet, only what was said is to be known. */
      readonly generate: boolean
    }
  | { readonly kind: 'steer'; readonly previousResponseId: Json; readonly input: Json }

/** What stands in the event besides the request. */
const envelope = new Set(['type', 'stream_id', 'generate', 'stream', 'background'])

/** The lane an event is for; undefined: the one without a name. Throws `invalid-request`. */
export function laneOf({ stream_id: lane }: JsonObject): string | undefined {
  if (lane === undefined || lane === null) return undefined
  if (typeof lane === 'string' && /^[A-Za-z0-9_.-]{1,256}$/.test(lane)) return lane
  throw invalidRequest(
    "'stream_id' is no name of a lane: send 1 to 256 letters, digits, '_', '.' or '-', or leave it out.",
    'stream_id',
  )
}

/** Throws `invalid-request`. */
export function readClientEvent(read: RequestText): ClientEvent {
  const { type } = read.body
  if (type === 'response.create') return readCreate(read)
  if (type !== 'response.steer') throw unknownType(type)
  const { previous_response_id: previousResponseId = null, input = null } = read.body
  return { kind: 'steer', previousResponseId, input }
}

function readCreate({ text, members: list, body }: RequestText): ClientEvent {
  const { generate = true } = body
  if (typeof generate !== 'boolean')
    throw invalidRequest(
      "'generate' is true or false: false only makes known what is to be answered later.",
      'generate',
    )
  if (body['background'] === true)
    throw invalidRequest("'background' is not known on a socket: send it with POST, or leave it out.", 'background')
  const rest = list.filter(({ key }) => !envelope.has(key))
  const edits = new Edits()
  edits.insert(text.indexOf('{') + 1, rest.length === 0 ? '"stream":true' : '"stream":true,')
  edits.remove(list, ({ key }) => envelope.has(key))
  const request = edits.apply(text)
  const asked: JsonObject = { stream: true }
  for (const { key } of rest) asked[key] = body[key]!
  return { kind: 'create', request: { text: request, members: members(request), body: asked }, generate }
}

function unknownType(type: Json | undefined): GatewayError {
  const told = type === undefined ? 'There is no type' : `The type ${shortened(JSON.stringify(type))} is not known`
  return invalidRequest(`${told}: send an event of type 'response.create'.`, 'type')
}
