/** Answers one request on any wire of the list: who asks, what is asked, whether it is proper, what shall go wrong, what is said. */
import type { IncomingMessage } from 'node:http'
import { findModel } from './behaviours.ts'
import { type FaultCounts, type Faults, faultsAsked, modelMeant, parseFaults } from './faults.ts'
import { checkContentType, checkHeaders, parseBody } from './receive.ts'
import { type Reply, withFaults } from './replies.ts'
import type { KeptResponses } from './responses/kept.ts'
import type { WireFormat, WireRequest, WireRoute } from './wire-format.ts'

/** What answering needs of the server. */
export interface WireContext {
  wire: WireFormat
  route: WireRoute
  found: readonly string[]
  requireKey: boolean
  counts: FaultCounts
  kept: KeptResponses
  /** Milliseconds. */
  now: number
  /** The headers of the reply. */
  headers: Record<string, string>
}

/** A reply, and what shall go wrong with it. */
export interface Answered {
  reply: Reply
  faults: Faults
}

export function answerWire(incoming: IncomingMessage, text: string, context: WireContext): Answered {
  const { wire, route, found, requireKey, counts, kept, now, headers: replyHeaders } = context
  checkHeaders(incoming)
  const { method = '', url = '/', headers } = incoming
  const query = new URLSearchParams(url.split('?', 2)[1] ?? '')
  const request: WireRequest = { method, url, query, headers, found, text, now }
  const asked = faultsAsked(headers, route.authorize(request, requireKey))
  if (route.takes === 'json') checkContentType(incoming)
  const body = route.takes === 'json' ? parseBody(text) : undefined
  const name = route.modelOf?.(request, body) ?? ''
  const [base = '', ...words] = name.split('+')
  const calls = [...parseFaults(words.join('+'), 'model'), ...asked.calls]
  const lenient = calls.some(({ faults }) => faults.lenient)
  const named = findModel(modelMeant(base, calls))
  const reply = route.prepare({ ...request, body, name, ...named, lenient, kept, replyHeaders })
  const faults = counts.take(calls, `${asked.scope}\n${name}`)
  return { reply: withFaults(reply(faults), faults, wire.errors), faults }
}
