/**
 * Claude's Messages API in Bedrock's envelope: the request as it is, without model and stream, the events of a stream in messages.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
 */

import { readJson } from '../../core/parse-json.ts'
import { type AnsweredMessages, answerMessages, countMessages, type Door } from '../anthropic/answer.ts'
import { readBetas } from '../anthropic/betas.ts'
import { bodyOf, type Usage } from '../anthropic/message.ts'
import { eventsOf } from '../anthropic/stream.ts'
import type { Faults } from '../faults.ts'
import type { Piece } from '../pieces.ts'
import type { Reply } from '../replies.ts'
import type { ReadRequest, WireRoute } from '../wire-format.ts'
import { compactReply, eventStreamReply } from './converse-reply.ts'
import { invalid } from './errors.ts'
import { encodeEvent } from './event-stream.ts'

type Prepared = ReturnType<WireRoute['prepare']>

/** Betas come in the body here. */
function doorOf(body: unknown): Door {
  const betas = typeof body === 'object' && body !== null && 'anthropic_beta' in body ? body.anthropic_beta : []
  return { form: 'bedrock', betas: readBetas(Array.isArray(betas) ? betas.map(String) : []) }
}

/** The headers that a body has beside it, and what they may say. */
const headerValues: Record<string, RegExp> = {
  'x-amzn-bedrock-trace': /^(?:ENABLED|DISABLED|ENABLED_FULL)$/,
  'x-amzn-bedrock-guardrailversion': /^(?:[1-9]\d{0,7}|DRAFT)$/,
  'x-amzn-bedrock-performanceconfig-latency': /^(?:standard|optimized)$/,
  'x-amzn-bedrock-service-tier': /^(?:priority|default|flex|reserved)$/,
}

function checkHeaders({ headers }: ReadRequest): void {
  for (const [name, values] of Object.entries(headerValues)) {
    const value = headers[name]
    if (value === undefined || values.test(String(value))) continue
    throw invalid(
      `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${values.source}`,
    )
  }
  const guardrail = headers['x-amzn-bedrock-guardrailidentifier']
  if ((guardrail === undefined) !== (headers['x-amzn-bedrock-guardrailversion'] === undefined)) {
    throw invalid('The guardrail identifier and the guardrail version must be given together.')
  }
}

/** `InvokeModel` */
export function invoke(read: ReadRequest): Prepared {
  checkHeaders(read)
  const answered = answerMessages(read, doorOf(read.body))
  return (faults) => wholeReply(answered, read, faults)
}

/** `InvokeModelWithResponseStream` */
export function invokeStreamed(read: ReadRequest): Prepared {
  checkHeaders(read)
  const answered = answerMessages(read, doorOf(read.body))
  return (faults) =>
    faults.unary
      ? wholeReply(answered, read, faults)
      : eventStreamReply(chunksOf(answered, faults), { ...read.replyHeaders, ...jsonInside }, faults, usual)
}

const usual = { type: 'chunk', payload: { bytes: 'e30=' } }
const jsonInside = { 'x-amzn-bedrock-content-type': 'application/json' }

/** How many tokens a body has that is meant for `InvokeModel`. */
export function countInvoked(read: ReadRequest, base64: string): number {
  let body: unknown
  try {
    body = readJson(Buffer.from(base64, 'base64').toString('utf8'))
  } catch {
    throw invalid('The body at input.invokeModel.body is not JSON.')
  }
  return countMessages({ ...read, body }, doorOf(body)).input_tokens
}

function wholeReply({ message }: AnsweredMessages, { replyHeaders }: ReadRequest, faults: Faults): Reply {
  const headers = { ...replyHeaders, ...countHeaders(message.usage) }
  return compactReply(bodyOf(message, faults.usage !== 'none'), headers, message.tokens)
}

function countHeaders(usage: Usage): Record<string, string> {
  return {
    'x-amzn-bedrock-input-token-count': String(usage.input_tokens),
    'x-amzn-bedrock-output-token-count': String(usage.output_tokens),
    'x-amzn-bedrock-cache-read-input-token-count': String(usage['cache_read_input_tokens']),
    'x-amzn-bedrock-cache-write-input-token-count': String(usage['cache_creation_input_tokens']),
    'x-amzn-bedrock-invocation-latency': '100',
  }
}

/** Each event is a chunk, without the pings that keep a connection alive elsewhere. The last tells what was counted. */
function* chunksOf({ message }: AnsweredMessages, { usage, padding = 0 }: Faults): Generator<Piece> {
  for (const { kind, data } of eventsOf(message, { withUsage: usage !== 'none', padding })) {
    const event = readJson(String(data).replace(/^event: .*\ndata: /, '')) as { type: string }
    if (event.type === 'ping') continue
    const told = event.type === 'message_stop' && usage !== 'none' ? { ...event, ...metricsOf(message.usage) } : event
    const bytes = Buffer.from(JSON.stringify(told)).toString('base64')
    yield { kind, data: encodeEvent('chunk', { bytes, p: 'abcdefghijkl' }) }
  }
}

const metricsOf = (usage: Usage) => ({
  'amazon-bedrock-invocationMetrics': {
    inputTokenCount: usage.input_tokens,
    outputTokenCount: usage.output_tokens,
    invocationLatency: 100,
    firstByteLatency: 50,
    cacheReadInputTokenCount: usage['cache_read_input_tokens'],
    cacheWriteInputTokenCount: usage['cache_creation_input_tokens'],
  },
})
