/** What holds for any request, any reply and any stream, not only for those in `fixtures/`. */

import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block, ChatEvent, ChatRequest, Choice, Message } from '../../core/chat.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { readJson } from '../../core/parse-json.ts'
import { assembled } from '../assembled.conformance.ts'
import { decodeRequest } from '../openai-chat/request.ts'
import { encodeResponse } from '../openai-chat/response.ts'
import { blocksInOrder, eventsOfStream } from '../walk-fixtures.conformance.ts'
import { encoded } from './encode.conformance.ts'
import { reasoningFormat } from './name.ts'
import { gemini } from './provider.ts'

const half = gemini('gemini-api')
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
const base64 = fc.base64String({ minLength: 4, maxLength: 16 })
const word = fc.stringMatching(/^[a-z_]{1,8}$/)
const args = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })

/** As it is after a journey over the wire: −0 is 0, and nothing is undefined. */
function asJson<Value>(value: Value): Value {
  return readJson(JSON.stringify(value)) as Value
}

describe('any conversation', () => {
  const textBlock = text.map((words): Block => ({ type: 'text', text: words }))
  const media = fc.oneof(
    base64.map((data): Block => ({ type: 'image', source: { kind: 'data', mediaType: 'image/png', data } })),
    fc.webPath().map((path): Block => ({ type: 'file', source: { kind: 'url', url: `https://a.example${path}` } })),
  )
  const userTurn = fc
    .array(fc.oneof(textBlock, media), { minLength: 1, maxLength: 3 })
    .map((content): Message[] => [{ role: 'user', content }])
  const systemTurn = text.map((words): Message[] => [{ role: 'system', content: [{ type: 'text', text: words }] }])
  const calls = fc.array(fc.record({ name: word, args, signature: fc.option(base64, { nil: undefined }) }), {
    maxLength: 3,
  })
  const assistantTurn = fc
    .record({ said: fc.option(text, { nil: undefined }), calls, isError: fc.boolean(), result: text })
    .map(({ said, calls, isError, result }): Message[] => {
      const content: Block[] = said === undefined ? [] : [{ type: 'text', text: said }]
      for (const [index, { name, args, signature }] of calls.entries()) {
        const id = `call_${index}`
        if (signature !== undefined)
          content.push({ type: 'reasoning', kind: 'encrypted', data: signature, id, format: reasoningFormat })
        content.push({ type: 'tool-call', kind: 'function', id, name, arguments: JSON.stringify(args) })
      }
      const results = calls.map((_, index): Message => {
        const told = {
          role: 'tool' as const,
          toolCallId: `call_${index}`,
          content: [{ type: 'text' as const, text: result }],
        }
        return isError ? { ...told, isError } : told
      })
      // Results may come in any order.
      return [{ role: 'assistant', content }, ...results.reverse()]
    })
  const conversation = fc
    .tuple(userTurn, fc.array(fc.oneof(userTurn, systemTurn, assistantTurn), { maxLength: 6 }))
    .map(([first, rest]) => [first, ...rest].flat())

  /** The texts, calls and results of a conversation in order, whoever says them and in however many pieces. */
  function told(messages: readonly Message[]): unknown[] {
    const results: unknown[] = []
    const flush = () => results.splice(0).sort(byId)
    const list: unknown[] = []
    for (const message of messages) {
      if (message.role === 'system') continue
      if (message.role === 'tool') {
        const words = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n')
        results.push({ result: message.toolCallId, [message.isError === true ? 'error' : 'output']: words })
        continue
      }
      list.push(...flush())
      const signatures = new Map(
        message.content.flatMap((block) => (block.type === 'reasoning' ? [[block.id, block.data] as const] : [])),
      )
      for (const block of message.content) {
        if (block.type === 'text') list.push({ role: message.role, text: block.text })
        if (block.type === 'tool-call')
          list.push({
            call: block.id,
            name: block.name,
            args: readJson(block.arguments),
            signature: signatures.get(block.id),
          })
        if (block.type === 'image' && block.source.kind === 'data') list.push({ data: block.source.data })
        if (block.type === 'file' && block.source.kind === 'url') list.push({ url: block.source.url })
      }
    }
    return asJson([...list, ...flush()])
  }

  /** The same, read from the wire. */
  function readBack(contents: readonly JsonObject[]): unknown[] {
    return asJson(
      contents.flatMap(({ role, parts }) => (parts as JsonObject[]).map((part) => partRead(part, role === 'model'))),
    )
  }

  function partRead(part: JsonObject, byModel: boolean): unknown {
    const {
      functionCall,
      functionResponse,
      inlineData,
      fileData,
      thoughtSignature: signature,
    } = part as Record<string, JsonObject>
    if (functionCall)
      return { call: functionCall['id'], name: functionCall['name'], args: functionCall['args'], signature }
    if (functionResponse) return { result: functionResponse['id'], ...(functionResponse['response'] as JsonObject) }
    if (inlineData) return { data: inlineData['data'] }
    if (fileData) return { url: fileData['fileUri'] }
    return { role: byModel ? 'assistant' : 'user', text: part['text'] }
  }

  const byId = (one: unknown, other: unknown) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)

  it('says the same on the wire, and names nothing', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        // Before Gemini 3, where no placeholder comes among the signatures.
        const { body, dropped } = encoded({ model: 'gemini-2.5-pro', messages })
        deepStrictEqual(readBack(body['contents'] as JsonObject[]), told(messages))
        const system = (body['systemInstruction'] as { parts: { text: string }[] } | undefined)?.parts ?? []
        deepStrictEqual(
          system.map((part) => part.text),
          messages.flatMap((message) =>
            message.role === 'system' ? [(message.content[0] as { text: string }).text] : [],
          ),
        )
        expect(dropped).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('has its results right behind its calls, in the order of the calls', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const contents = encoded({ messages }).body['contents'] as {
          role: string
          parts: Record<string, JsonObject>[]
        }[]
        for (const [index, { parts }] of contents.entries()) {
          const calls = parts.flatMap(({ functionCall }) => functionCall?.['id'] ?? [])
          if (calls.length === 0) continue
          const next = contents[index + 1]!
          expect(next.role).toBe('user')
          expect(next.parts.map(({ functionResponse }) => functionResponse?.['id'])).toEqual(calls)
        }
      }),
      { numRuns: 200 },
    )
  })
})

/** A turn of the model as this wire has it: thoughts, a text that may be signed, and calls of which the first is signed. */
const turn = fc
  .record({
    thought: fc.option(text, { nil: undefined }),
    said: fc.option(fc.record({ text, signature: fc.option(base64, { nil: undefined }) }), { nil: undefined }),
    calls: fc.array(fc.record({ name: word, args }), { maxLength: 3 }),
    signature: base64,
  })
  .filter(({ thought, said, calls }) => thought !== undefined || said !== undefined || calls.length > 0)
  .map(({ thought, said, calls, signature }): JsonObject[] => [
    ...(thought === undefined ? [] : [{ text: thought, thought: true }]),
    ...(said === undefined
      ? []
      : [{ text: said.text, ...(said.signature !== undefined && { thoughtSignature: said.signature }) }]),
    ...calls.map(({ name, args }, index) => ({
      functionCall: { id: `id${index}`, name, args },
      ...(index === 0 && { thoughtSignature: signature }),
    })),
  ])
  .map(asJson)

const context: ReplyContext = { request: undefined, model: 'm', created: 1, id: 'x' }

function replyOf(parts: JsonObject[]): JsonObject {
  return { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }], responseId: 'r' }
}

describe('any turn of a model', () => {
  const extra: ExtraFields = { requestType: 'chat_completion', latency: 0, chunkIndex: 0 }

  it('comes back as it was when a client of another wire sends it back', () => {
    fc.assert(
      fc.property(turn, (parts) => {
        const reply = asJson(encodeResponse(half.decodeResponse(replyOf(parts), context), extra))
        const [{ message }] = reply['choices'] as [{ message: JsonObject }]
        const calls = (message['tool_calls'] ?? []) as JsonObject[]
        const request = decodeRequest({
          model: 'm',
          messages: [
            { role: 'user', content: 'Hi' },
            message,
            ...calls.map(({ id }) => ({ role: 'tool', tool_call_id: id!, content: 'ok' })),
          ],
        })
        const { body, dropped } = encoded({ ...request, model: 'gemini-3.8-flash' })
        deepStrictEqual((body['contents'] as { parts: JsonObject[] }[])[1]?.parts, parts)
        expect(dropped).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})

describe('any stream', () => {
  /** Texts cut into pieces, one chunk for each, calls whole; the signature of a text comes with an empty text at its end. */
  const chunks = fc.tuple(turn, fc.array(fc.nat(4), { minLength: 1, maxLength: 6 })).map(([parts, sizes]) => {
    const list: JsonObject[] = []
    for (const { text: words, thoughtSignature, ...rest } of parts) {
      if (typeof words !== 'string') {
        list.push({ ...rest, ...(thoughtSignature !== undefined && { thoughtSignature }) })
        continue
      }
      const letters = Array.from(words)
      for (let at = 0, turn = 0; at < letters.length; turn++) {
        const size = 1 + sizes[turn % sizes.length]!
        list.push({ text: letters.slice(at, at + size).join(''), ...rest })
        at += size
      }
      if (thoughtSignature !== undefined) list.push({ text: '', thoughtSignature })
    }
    return { parts, list }
  })

  const frameOf = (part: JsonObject | undefined, finishReason?: string) => ({
    candidates: [
      {
        ...(part && { content: { role: 'model', parts: [part] } }),
        ...(finishReason !== undefined && { finishReason }),
        index: 0,
      },
    ],
    responseId: 'r',
    usageMetadata: { promptTokenCount: 1, totalTokenCount: 1 },
  })
  const bytesOf = (list: JsonObject[]) =>
    Buffer.from(
      [...list.map((part) => frameOf(part)), frameOf({ text: '' }, 'STOP')]
        .map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`)
        .join(''),
    )

  /** A signature that came after its text signs it as well as one that came before. */
  const sorted = ({ content, ...choice }: Choice) => ({
    ...choice,
    content: content.map((block) => JSON.stringify(block, Object.keys(block).sort())).sort(),
  })

  it('means what the whole reply means', () => {
    fc.assert(
      fc.property(chunks, ({ parts, list }) => {
        const [streamed] = assembled(eventsOfStream(half, [bytesOf(list)], context))
        const [whole] = half.decodeResponse(replyOf(parts), context).choices
        deepStrictEqual(sorted(streamed!), sorted(whole!))
      }),
      { numRuns: 300 },
    )
  })

  it('means the same however it is cut into pieces, and opens and closes its blocks in order', () => {
    fc.assert(
      fc.property(chunks, fc.uniqueArray(fc.nat(2000), { maxLength: 12 }), ({ list }, cuts) => {
        const bytes = bytesOf(list)
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((one, other) => one - other), bytes.length]
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
        const events = eventsOfStream(half, pieces, context)
        deepStrictEqual(events, eventsOfStream(half, [bytes], context))
        expect(blocksInOrder(events)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('that is cut anywhere ends in one error, or is whole', () => {
    fc.assert(
      fc.property(chunks, fc.double({ min: 0, max: 1, noNaN: true }), ({ list }, share) => {
        const bytes = bytesOf(list)
        const events = eventsOfStream(half, [bytes.subarray(0, Math.floor(bytes.length * share))], context)
        const ends = events.filter(({ type }) => type === 'finish' || type === 'error')
        expect(ends).toHaveLength(1)
        expect(events.at(-1)).toBe(ends[0])
        if (ends[0]!.type === 'finish')
          deepStrictEqual(assembled(events), assembled(eventsOfStream(half, [bytes], context)))
      }),
      { numRuns: 300 },
    )
  })

  it('joins what the arguments of a call are, to the letter', () => {
    fc.assert(
      fc.property(fc.array(args, { minLength: 1, maxLength: 3 }), (list) => {
        const parts = list.map((args, index) => ({ functionCall: { id: `${index}`, name: 'f', args } }))
        const events = eventsOfStream(half, [bytesOf(asJson(parts))], context)
        deepStrictEqual(
          argumentsIn(events),
          list.map((args) => JSON.stringify(asJson(args))),
        )
      }),
      { numRuns: 200 },
    )
  })

  function argumentsIn(events: ChatEvent[]): string[] {
    return assembled(events).flatMap(({ content }) =>
      content.flatMap((block) => (block.type === 'tool-call' ? [block.arguments] : [])),
    )
  }
})

describe('any reply', () => {
  it('whatever it is, is read or refused, and nothing else', () => {
    const request: Partial<ChatRequest> = {}
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.jsonValue({ maxDepth: 4 }), (any, part) => {
        for (const body of [
          any,
          { candidates: any },
          replyOf([part as JsonObject]),
          { promptFeedback: any },
          { usageMetadata: any, candidates: [] },
        ]) {
          const wire = asJson(body) as JsonObject
          try {
            half.decodeResponse(wire, { ...context, ...request })
          } catch (error) {
            expect((error as Error).name).toBe('GatewayError')
          }
          eventsOfStream(half, [Buffer.from(`data: ${JSON.stringify(wire)}\n\n`)], context)
        }
      }),
      { numRuns: 500 },
    )
  })
})
