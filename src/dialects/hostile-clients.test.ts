/**
 * Clients that send anything. Every request among the fixtures is changed in ways nobody would mean, in either client's wire, and translated for every
 * provider: it is taken, or refused with a place in the client's own words. Nothing else is ever thrown.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Addressee, ClientChat, ProviderChat, RequestText } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { isDeeperThan, members } from '../core/json-text.ts'
import { readJson } from '../core/parse-json.ts'
import { anthropicMessagesClient } from './anthropic-messages/client.ts'
import { azureHost, bedrockHost, vertexHost } from './anthropic-messages/hosts.ts'
import { anthropicMessages } from './anthropic-messages/provider.ts'
import { bedrockConverse } from './bedrock-converse/provider.ts'
import { cohereChat } from './cohere-chat/provider.ts'
import { gemini } from './gemini/provider.ts'
import { changed, changes, textOfLie } from './lies.conformance.ts'
import { openaiChatClient } from './openai-chat/client.ts'
import { openaiChat } from './openai-chat/provider.ts'
import { openaiResponsesClient } from './openai-responses/client.ts'

/** The providers, each with models that it does differently by. */
const targets: readonly (readonly [chat: ProviderChat, ...models: string[]])[] = [
  [openaiChat(), 'gpt-5'],
  [openaiChat({ reasoning: 'none', reasoningBack: 'none' }), 'a-model'],
  [anthropicMessages(), 'claude-opus-4-5', 'claude-3-haiku-20240307', 'claude-opus-5'],
  [anthropicMessages(vertexHost), 'claude-sonnet-4-5@20250929'],
  [anthropicMessages(bedrockHost), 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
  [anthropicMessages(azureHost), 'claude-haiku-4-5'],
  [gemini('gemini-api'), 'gemini-2.5-pro', 'gemini-3-pro-preview'],
  [gemini('vertex-ai'), 'gemini-2.0-flash'],
  [cohereChat(), 'command-a-03-2025', 'command-a-reasoning-08-2025'],
  [
    bedrockConverse(),
    'us.amazon.nova-pro-v1:0',
    'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'mistral.mistral-large-2407-v1:0',
  ],
]

interface Face {
  readonly client: ClientChat
  readonly folders: readonly string[]
  /** Names of another wire, which its clients do not know. */
  readonly foreign: RegExp
}

const faces: Record<string, Face> = {
  'chat completions': {
    client: openaiChatClient,
    folders: ['openai-chat/fixtures'],
    foreign: /tool_use_id|input_schema|stop_sequences|budget_tokens|toolConfig|generationConfig/,
  },
  messages: {
    client: anthropicMessagesClient,
    folders: ['anthropic-messages/fixtures-client', 'anthropic-messages/fixtures'],
    foreign: /tool_calls|tool_call_id|image_url|response_format|reasoning|max_completion_tokens|\.function|toolConfig/,
  },
  responses: {
    client: openaiResponsesClient,
    folders: ['openai-responses/fixtures-client'],
    foreign:
      /messages|tool_calls|tool_call_id|response_format|reasoning_|max_completion_tokens|\.function|\.custom|input_schema|toolConfig/,
  },
}

function requestsIn(folders: readonly string[]): JsonObject[] {
  return folders.flatMap((folder) => {
    const fixtures = new URL(`./${folder}/`, import.meta.url)
    return readdirSync(fixtures).flatMap((name) => {
      const file = new URL(`${name}/request.wire.json`, fixtures)
      return existsSync(file) ? [readJson(readFileSync(file, 'utf8')) as JsonObject] : []
    })
  })
}

/** As the door lets it in: an object, not too deep, with no name twice and none that is a trap. */
function admitted(text: string): RequestText | undefined {
  if (isDeeperThan(text, 128) || text.includes('__proto__')) return undefined
  const body = readJson(text) as Json
  return isJsonObject(body) ? { text, body, members: members(text) } : undefined
}

function checkRefusal(error: unknown, { client, foreign }: Face, request: RequestText): void {
  if (!(error instanceof GatewayError)) throw error
  expect([error.failure, error.status]).toEqual(['invalid-request', 400])
  const { param } = error.details
  expect(error.message).toMatch(/\w{3,}.*\w{3,}/s)
  expect(error.message).not.toMatch(/undefined|\[object/)
  if (param === undefined) return
  const name = typeof param === 'string' ? (client.nameOf?.(param, request) ?? param) : ''
  expect(name).toMatch(/^\S/)
  checkName(name, foreign, request)
}

/** A name of another wire is fine only where the client wrote it. */
function checkName(name: string, foreign: RegExp, { text }: RequestText): void {
  const word = foreign.exec(name)?.[0]
  if (word !== undefined)
    expect({ name, isTheClients: text.includes(word.replace('.', '')) }).toEqual({ name, isTheClients: true })
}

const addressee = (model: string): Addressee => ({ model, passExtraParams: false, header: () => undefined })

function survive(face: Face, request: RequestText, asked: typeof targets = targets): void {
  const { client, foreign } = face
  try {
    client.checkRequest(request.body)
  } catch (error) {
    return checkRefusal(error, face, request)
  }
  for (const [chat, ...models] of asked) {
    for (const model of models) {
      try {
        client.usesOf?.(request.body)
        if (client.dialect === chat.dialect) readJson(chat.adaptRequest(request, addressee(model)).text)
        const canonical = { ...client.decodeRequest(request.body, request.text), model }
        const { body, dropped = [] } = chat.encodeRequest(canonical, addressee(model))
        readJson(JSON.stringify(body))
        for (const path of dropped) checkName(client.nameOf?.(path, request) ?? path, foreign, request)
      } catch (error) {
        checkRefusal(error, face, request)
      }
    }
  }
}

describe.each(Object.entries(faces))('%s', (_, face) => {
  const requests = requestsIn(face.folders)

  it('any request is taken or refused', () => {
    fc.assert(
      fc.property(fc.constantFrom(...requests), changes, (wire, list) => {
        const request = admitted(textOfLie(changed(wire, list)))
        if (request !== undefined) survive(face, request)
      }),
      { numRuns: 300 },
    )
  })
})

it('a result of no type at all is told as that', () => {
  const call = { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }
  const output = { type: 'function_call_output', call_id: 'a', output: { toString: 1, valueOf: 1 } }
  survive(faces['responses']!, admitted(JSON.stringify({ model: 'm', input: [call, output] }))!)
})

/** So many that whoever looks through all of them for each of them is not done before the test is over. */
describe('requests that are long', () => {
  const many = <Item>(count: number, item: (index: number) => Item) =>
    Array.from({ length: count }, (_, at) => item(at))
  const tool = (name: string) => ({ name, input_schema: { type: 'object' } })
  const hello = { role: 'user', content: 'Hello!' }
  const call = (at: number) => ({ type: 'tool_use', id: `a.${at}`, name: 'f', input: {} })
  const result = (at: number) => ({ type: 'tool_result', tool_use_id: `a.${at}`, content: 'r' })
  const onePerDialect = targets.flatMap(([chat, model], at) =>
    targets.findIndex(([other]) => other.dialect === chat.dialect) === at ? [[chat, model!] as const] : [],
  )
  const letter = (at: number) => String.fromCodePoint(0x4e00 + at)

  it.each<[string, object]>([
    ['texts', { messages: [{ role: 'user', content: many(130_000, () => ({ type: 'text', text: 'x' })) }] }],
    ['turns', { messages: many(15_000, (at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content: 'x' })) }],
    [
      'calls and results in two turns',
      {
        tools: [tool('f')],
        messages: [
          hello,
          { role: 'assistant', content: many(15_000, call) },
          { role: 'user', content: many(15_000, result) },
        ],
      },
    ],
    ['tools that would be called alike', { tools: many(15_000, (at) => tool(letter(at))), messages: [hello] }],
    [
      'documents that would be called alike',
      {
        messages: [
          {
            role: 'user',
            content: many(15_000, () => ({
              type: 'document',
              title: 'a',
              source: { type: 'text', media_type: 'text/plain', data: 'x' },
            })),
          },
        ],
      },
    ],
    [
      'thoughts that are dropped',
      {
        messages: many(15_000, (at) =>
          at % 2 === 0
            ? hello
            : {
                role: 'assistant',
                content: [
                  { type: 'thinking', thinking: 't', signature: 's' },
                  { type: 'text', text: 'x' },
                ],
              },
        ),
      },
    ],
  ])('%s', (_, members) => {
    const request = admitted(JSON.stringify({ model: 'm', max_tokens: 10, ...members }))
    survive(faces['messages']!, request!, onePerDialect)
  })

  const find = (at: number) => ({ type: 'function', name: `find${at}`, defer_loading: true })
  const chosen = {
    type: 'allowed_tools',
    mode: 'auto',
    tools: many(15_000, (at) => ({ type: 'function', name: `find${at}` })),
  }
  it.each<[string, object]>([
    [
      'tools in one namespace',
      { tools: [{ type: 'namespace', name: 'n', tools: many(15_000, find) }], tool_choice: chosen },
    ],
    [
      'namespaces of one tool each',
      { tools: many(15_000, (at) => ({ type: 'namespace', name: `n${at}`, tools: [find(at)] })), tool_choice: chosen },
    ],
  ])('%s', (_, members) => {
    const request = admitted(JSON.stringify({ model: 'm', input: 'Hello!', ...members }))
    survive(faces['responses']!, request!, onePerDialect)
  })

  const item = (at: number, type: string, members: object) => ({ type, call_id: `a.${at}`, ...members })
  it.each<[string, object[]]>([
    ['words of the assistant', many(9_999, (at) => ({ role: 'assistant', phase: `${at % 2}`, content: 'x' }))],
    [
      'calls and outputs',
      [
        ...many(4_999, (at) => item(at, 'function_call', { name: 'f', arguments: '{}' })),
        ...many(4_999, (at) => item(4_998 - at, 'function_call_output', { output: 'r' })),
      ],
    ],
    ['thoughts that are dropped', many(9_999, (at) => ({ type: 'reasoning', id: `rs_${at}`, summary: [] }))],
    ['searches of another provider', many(9_999, () => ({ type: 'web_search_call' }))],
  ])('items: %s', (_, items) => {
    const request = admitted(JSON.stringify({ model: 'm', input: [hello, ...items, hello].slice(0, 10_000) }))
    survive(faces['responses']!, request!, onePerDialect)
  })
})
