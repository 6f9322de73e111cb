/** A call as the text that is kept of it until it is made: what it needs to be made as if its client were still there. */
import type { ClientChat, RequestText } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { members } from '../core/json-text.ts'
import { readJson } from '../core/parse-json.ts'
import { Secret } from '../core/secret.ts'
import { authenticateAgain } from '../engine/authenticate.ts'
import type { Call, CallOptions } from '../engine/call.ts'

const version = 1

interface StoredCall {
  readonly version: number
  readonly body: string
  /** The path may have named it, and the body another. */
  readonly model: string
  readonly options: CallOptions
  readonly virtualKey: string | null
  readonly admin: boolean
  readonly directKey: string | null
  /** The id that the reply is to have, where that is known before. */
  readonly replyId?: string
}

/** `hidden`: it will be encrypted. Where it will not, a call that brings a secret is refused. */
export function storeCall(call: Call, hidden: boolean): string {
  if (!hidden) checkNoSecret(call)
  const { asked, head, options, caller } = call
  const stored: StoredCall = {
    version,
    body: asked.request.text,
    model: head.model,
    options,
    virtualKey: caller.virtualKey?.id ?? null,
    admin: caller.admin,
    directKey: caller.directKey?.reveal() ?? null,
    ...(asked.replyId !== undefined && { replyId: asked.replyId }),
  }
  return JSON.stringify(stored)
}

/** Names of headers that most likely hold a credential. */
const secretName = /auth|token|secret|password|credential|cookie|session|signature|(?:^|-)api-?key|(?:^|-)key$/i

function checkNoSecret({ caller, options }: Call): void {
  if (caller.directKey !== null) throw wouldBeKept("the provider's key that it brings")
  const names = options.forwardedHeaders.filter((_, index) => index % 2 === 0)
  const found = names.find((name) => secretName.test(name))
  if (found !== undefined) throw wouldBeKept(`the header ${found}, which looks like a credential`)
}

function wouldBeKept(what: string): GatewayError {
  const message = `An asynchronous request is kept on disk until it is answered, and ${what} would be readable there. Send the request without x-bf-async, or have encryption_key set: then it is kept encrypted.`
  return new GatewayError('invalid-request', message, { code: 'secret_not_stored' })
}

/** What is known of a stored call when it is made. */
export interface Occasion extends Pick<Call, 'id' | 'snapshot' | 'signal' | 'arrived'> {
  readonly wallClock: number
}

/** Throws what its client would be told if it called now: that its virtual key is known no more, say. */
export function restoreCall(text: string, client: ClientChat, { wallClock, ...now }: Occasion): Call {
  const stored = readJson(text) as StoredCall
  if (stored.version !== version) throw newer(stored.version)
  const { model, options, virtualKey, admin, directKey, replyId } = stored
  const former = { virtualKey, admin, directKey: directKey === null ? null : new Secret(directKey) }
  const caller = authenticateAgain(former, now.snapshot, wallClock)
  const request = requestText(stored.body)
  const head = client.checkRequest({ ...request.body, model })
  const asked = replyId === undefined ? { request } : { request, replyId }
  return { ...now, caller, options, operation: { kind: 'chat' }, client, request, asked, head }
}

function requestText(text: string): RequestText {
  return { text, members: members(text), body: readJson(text) as JsonObject }
}

/** While gateways are being replaced by newer ones, the newer ones see to it. */
function newer(found: number): GatewayError {
  const message = `The job was stored by a newer version of the gateway, in format ${found}; this one reads ${version}.`
  return new GatewayError('internal', message, { code: 'newer_format', remedy: 'same-key' })
}
