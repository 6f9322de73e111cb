/**
 * Both halves together: what a provider of this wire says reaches a client of it whole even by way of the canonical form, as it does where
 * Bedrock streams it; and a client's request would reach it as it was.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ReplyContext, StreamWriting } from '../../core/dialect.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Frame } from '../../core/sse.ts'
import { serverSentEvents } from '../../core/translate.ts'
import { asked } from '../asked.conformance.ts'
import { eventsOfStream } from '../walk-fixtures.conformance.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeResponse } from './decode-response.ts'
import { encodeEvents } from './encode-events.ts'
import { encodeResponse } from './encode-response.ts'
import { messageOf } from './message-grammar.conformance.ts'
import { anthropicMessages } from './provider.ts'

const extra = (): ExtraFields => ({ requestType: 'chat_completion', latency: 0, chunkIndex: 0 })
const context: ReplyContext = { request: undefined, model: 'm', created: 0, id: 'id' }
const writing: StreamWriting = {
  extra: extra(),
  asked,
  includeUsage: true,
  choices: 1,
  rawResponse: false,
  started: 0,
  now: () => 0,
}

/** Where something of `expected` is missing or other in `found`; null says nothing, and more may be there. */
function missing(found: Json | undefined, expected: Json | undefined, path = ''): string[] {
  if (expected === null || expected === undefined || found === expected) return []
  if (Array.isArray(expected) && Array.isArray(found) && found.length === expected.length)
    return expected.flatMap((value, index) => missing(found[index], value, `${path}[${index}]`))
  if (isJsonObject(expected) && isJsonObject(found))
    return Object.keys(expected).flatMap((key) => missing(found[key], expected[key], `${path}.${key}`))
  return [`${path}: ${JSON.stringify(found)} for ${JSON.stringify(expected)}`]
}

/** Texts without letters are left out: the API has none, and takes none back. */
function withoutEmptyTexts(message: JsonObject): JsonObject {
  const content = (message['content'] as JsonObject[]).filter(({ type, text }) => type !== 'text' || text !== '')
  return { ...message, content }
}

const fixtures = new URL('fixtures/', import.meta.url)
const text = (name: string, file: string) => readFileSync(new URL(`${name}/${file}`, fixtures), 'utf8')
const having = (file: string) =>
  readdirSync(fixtures).filter((name) => existsSync(new URL(`${name}/${file}`, fixtures)))

describe('a whole reply', () => {
  const messages = having('response.wire.json')
    .map((name): [string, JsonObject] => [name, JSON.parse(text(name, 'response.wire.json'))])
    .filter(([, { type, content }]) => type === 'message' && Array.isArray(content))

  it.each(messages)('%s', (_, wire) => {
    const told = encodeResponse(decodeResponse(wire, context), extra())
    expect(missing(JSON.parse(JSON.stringify(told)), withoutEmptyTexts(wire))).toEqual([])
  })

  it('are enough', () => expect(messages.length).toBeGreaterThan(10))
})

describe('a stream', () => {
  const streams = having('stream.sse')
    .map((name): [string, Buffer] => [name, Buffer.from(text(name, 'stream.sse'))])
    .filter(([, body]) => whole(body) !== undefined)

  /** What a client would make of it; undefined where it would refuse it. */
  function whole(body: Buffer): JsonObject | undefined {
    try {
      const known = /^(message|content_block)_|^ping$/
      const frames = serverSentEvents.reader().push(body.toString('latin1'))
      return messageOf(frames.filter(({ event = '' }) => known.test(event)))
    } catch {
      return undefined
    }
  }

  it.each(streams)('%s', (_, body) => {
    const encoder = encodeEvents(writing)
    const frames: Frame[] = eventsOfStream(anthropicMessages(), [body], context).flatMap((event) => encoder.push(event))
    expect(missing(messageOf(frames), withoutEmptyTexts(whole(body)!))).toEqual([])
  })

  it('are enough', () => expect(streams.length).toBeGreaterThan(8))

  it('keeps every digit of what the API’s own tools are called with', () => {
    const events: JsonObject[] = [
      { type: 'message_start', message: {} },
      { type: 'content_block_start', index: 0, content_block: { type: 'server_tool_use', id: 's', name: 'web_fetch' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"id":123456789' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '01234567890}' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'pause_turn' } },
    ]
    const sse = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    const encoder = encodeEvents(writing)
    const frames = eventsOfStream(anthropicMessages(), [Buffer.from(sse)], context).flatMap((event) =>
      encoder.push(event),
    )
    expect(frames.map(({ data }) => data).join()).toContain('"input":{"id":12345678901234567890}')
  })
})

describe('a request', () => {
  const requests = readdirSync(new URL('fixtures-client/', import.meta.url))
    .map((name) => new URL(`fixtures-client/${name}/request.wire.json`, import.meta.url))
    .filter((file) => existsSync(file))
    .map((file): [string, JsonObject] => [file.pathname.split('/').at(-2)!, JSON.parse(readFileSync(file, 'utf8'))])
    // The house's own wishes and wrappings are for no provider; what a client searched for itself is told as text.
    .filter(([name]) => !/^(own-fallbacks|thoughts-of-gemini|thoughts-without|url-citations|search-results)/.test(name))

  it.each(requests)('%s', (name, body) => {
    const addressee = { model: models[name] ?? 'claude-opus-4-6', passExtraParams: false, header: () => undefined }
    const { body: sent } = anthropicMessages().encodeRequest(decodeRequest(body), addressee)
    // A mark on the request is one on its last block, and the older name of a format is told by the newer one.
    const { cache_control: _, output_format: __, ...rest } = body
    const lost = missing(normal(JSON.parse(JSON.stringify(sent))), normal(rest))
    expect(lost.filter((place) => !(told[name] ?? []).some((beginning) => place.startsWith(beginning)))).toEqual([])
  })

  /** Models that take what the request has. */
  const models: Readonly<Record<string, string>> = {
    'plain-text': 'claude-haiku-4-5',
    'structured-output-older-name': 'claude-haiku-4-5',
    'system-in-mid-conversation': 'claude-opus-5-5',
  }

  /** What goes without saying, or is told in another way. */
  const told: Readonly<Record<string, string[]>> = {
    // Not beside a temperature.
    'plain-text': ['.top_p'],
    documents: ['.messages[0].content[2].source', '.messages[0].content[3]'],
    // What the model does anyway.
    'structured-output': ['.thinking'],
    // It may stand behind a user's turn only.
    'system-in-mid-conversation': ['.messages'],
    // Results stand before everything else, as the API wants them.
    'tool-results': [
      '.tools[0].type',
      '.messages[1].content[0].caller',
      '.messages[2].content[2]',
      '.messages[2].content[3]',
    ],
  }

  /** Texts as blocks, and models by one name. */
  function normal(body: JsonObject): JsonObject {
    const asBlocks = (content: Json | undefined) =>
      typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? null)
    const messages = (body['messages'] as JsonObject[]).map((message) => ({
      ...message,
      content: (asBlocks(message['content']) as JsonObject[]).map((block) =>
        block['type'] === 'tool_result' ? { ...block, content: asBlocks(block['content']) } : block,
      ),
    }))
    return { ...body, model: 'm', system: asBlocks(body['system']), messages }
  }
})
