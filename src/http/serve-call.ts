/** What is asked of models over HTTP: makes a `Call` of a request and sends what the engine answers. */
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { ChatHead, ClientChat, RequestText } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { authenticate } from '../engine/authenticate.ts'
import type { Call, Operation } from '../engine/call.ts'
import { handle } from '../engine/handle.ts'
import type { World } from '../engine/world.ts'
import { presentedCredentials } from './credentials.ts'
import { departureOf } from './departure.ts'
import type { Face } from './faces.ts'
import { checkRequiredHeaders, readOptions } from './options.ts'
import { readBody } from './read-body.ts'
import { readRequest } from './read-request.ts'
import { type BackgroundWorld, serveBackground } from './responses/serve-background.ts'
import { writeStream, writeText } from './write.ts'

export interface CallRoute {
  readonly id: string
  readonly face: Face
  readonly operation: Operation
  /** The model that the path names, if any. */
  readonly model: string | undefined
  /** What stands behind the question mark. */
  readonly query: string
  /** Headers for every reply. */
  readonly headers: readonly string[]
}

export interface Serving extends BackgroundWorld {
  readonly snapshot: Snapshot
  readonly world: World
}

/** Rejects with `GatewayError` when the request is not fit to be handled. */
export async function serveCall(
  request: IncomingMessage,
  response: ServerResponse,
  route: CallRoute,
  serving: Serving,
): Promise<void> {
  const { snapshot, world, responses } = serving
  const read = await readCall(request, response, route, snapshot, world)
  if (isInBackground(read)) return serveBackground(read, response, route.headers, serving)
  const call = route.face.hasReplyIds ? await responses.prepare(read) : read
  const reply = await handle(call, world)
  try {
    if (response.destroyed) return
    const headers = [...route.headers, ...reply.headers, ...requestIdHeader(route, reply.headers)]
    if (reply.body.kind === 'text') writeText(response, reply.status, headers, reply.body.text)
    else await writeStream(response, headers, reply.body.stream, snapshot.client.streamKeepAlive)
  } finally {
    reply.close()
  }
}

/** A plan is wanted now. */
function isInBackground({ asked, operation, options }: Call): boolean {
  return (
    asked.replyId !== undefined &&
    operation.kind === 'chat' &&
    !options.explain &&
    asked.request.body['background'] === true
  )
}

/** Rejects with `GatewayError` when the request is not fit to be made a call. */
export async function readCall(
  request: IncomingMessage,
  response: ServerResponse,
  route: CallRoute,
  snapshot: Snapshot,
  world: World,
): Promise<Call> {
  const arrived = world.clock.now()
  checkContentType(request)
  checkRequiredHeaders(request.headers, snapshot.client)
  // Nothing is read of what a stranger sends.
  const presented = presentedCredentials(request.headers, snapshot)
  const caller = authenticate(presented, snapshot, world.clock.wallClock())
  const departure = departureOf(response)
  const read = readRequest(await readBody(request, snapshot.client.maxBodyBytes))
  return makeCall(read, request.headers, route, { arrived, snapshot, caller, signal: departure })
}

/** Throws `GatewayError` when what was read is not fit to be made a call. */
export function makeCall(
  read: RequestText,
  headers: IncomingHttpHeaders,
  route: Omit<CallRoute, 'headers'>,
  arrival: Pick<Call, 'arrived' | 'snapshot' | 'caller' | 'signal'>,
): Call {
  const { face, operation } = route
  const checker: Pick<ClientChat, 'checkRequest'> = operation.kind === 'count' ? operation.client : face.client
  const head: ChatHead = checker.checkRequest(
    route.model === undefined ? read.body : { ...read.body, model: route.model },
  )
  const apiVersion = route.query === '' ? undefined : (new URLSearchParams(route.query).get('api-version') ?? undefined)
  return {
    ...arrival,
    id: route.id,
    options: readOptions(headers, arrival.snapshot.client, apiVersion, face),
    operation,
    client: face.client,
    request: read,
    asked: face.hasReplyIds ? { request: read, replyId: newReplyId() } : { request: read },
    head,
  }
}

/** Whoever has it may have the reply, where there are no virtual keys. */
function newReplyId(): string {
  return `resp_${randomBytes(24).toString('hex')}`
}

/** Where clients look for the id of a request under a name of theirs: the provider's own, which came with its headers, or else ours. */
function requestIdHeader({ face, id }: CallRoute, headers: readonly string[]): readonly string[] {
  const name = face.requestIdHeader
  if (name === undefined) return []
  const told = headers.some((header, index) => index % 2 === 0 && header === name)
  return told ? [] : [name, id]
}

/** JSON, in UTF-8. A client that says nothing is believed to mean it. */
export function checkContentType(request: IncomingMessage): void {
  const type = request.headers['content-type']
  if (type === undefined || type === 'application/json') return
  const isJson = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(type)?.[1]?.toLowerCase()
  if (isJson && (charset === undefined || charset === 'utf-8' || charset === 'utf8')) return
  throw new GatewayError('unsupported-media-type', `Content-Type is '${type}'; send application/json in UTF-8.`, {
    code: 'unsupported_media_type',
  })
}
