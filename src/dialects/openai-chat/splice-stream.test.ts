import { describe, expect, it } from 'vitest'
import { bytesOfText } from '../../core/bytes.ts'
import type { StreamWriting } from '../../core/dialect.ts'
import type { JsonObject } from '../../core/json.ts'
import { asked } from '../asked.conformance.ts'
import { spliceEvents } from './splice-stream.ts'

const writing: StreamWriting = {
  extra: { requestType: 'chat_completion_stream', provider: 'p', modelRequested: 'm', latency: 0, chunkIndex: 0 },
  asked,
  includeUsage: false,
  choices: 1,
  rawResponse: false,
  started: 0,
  now: () => 0,
}

function event(chunk: object): string {
  return `data: ${JSON.stringify(chunk)}\n\n`
}

function delta(content: object, finishReason: string | null = null): string {
  return event({
    id: 'c',
    created: 1,
    model: 'm',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: content, finish_reason: finishReason }],
  })
}

function splice(source: string, changes: Partial<StreamWriting> = {}) {
  const stream = spliceEvents({ ...writing, ...changes })
  const text = stream.push(bytesOfText(source)) + stream.end()
  const data = text.split('\n\n').filter((frame) => frame.startsWith('data: {'))
  return { text, progress: stream.progress, chunks: data.map((frame) => JSON.parse(frame.slice(6)) as JsonObject) }
}

function deltasOf(chunks: readonly JsonObject[]): JsonObject[] {
  return chunks.map((chunk) => (chunk['choices'] as { delta: JsonObject }[])[0]!.delta)
}

const call = (id: string | undefined, index: number | undefined, args: string) => ({
  tool_calls: [
    {
      ...(id === undefined ? {} : { id, type: 'function' }),
      ...(index === undefined ? {} : { index }),
      function: { arguments: args },
    },
  ],
})

describe('tool calls of a stream', () => {
  it.each([
    [
      'each with its number',
      [call('a', 0, ''), call(undefined, 0, 'x'), call('b', 1, ''), call(undefined, 1, 'y')],
      [0, 0, 1, 1],
    ],
    ['all with number 0', [call('a', 0, '{}'), call('b', 0, '{}'), call('c', 0, '{}')], [0, 1, 2]],
    [
      'all with number 0, in pieces',
      [call('a', 0, '{'), call(undefined, 0, '}'), call('b', 0, '{'), call(undefined, 0, '}')],
      [0, 0, 1, 1],
    ],
    [
      'without numbers',
      [call('a', undefined, '{'), call(undefined, undefined, '}'), call('b', undefined, '{}')],
      [0, 0, 1],
    ],
    [
      'interleaved',
      [call('a', 0, ''), call('b', 1, ''), call(undefined, 0, 'x'), call(undefined, 1, 'y')],
      [0, 1, 0, 1],
    ],
  ])('%s', (_, deltas, expected) => {
    const { chunks } = splice(`${deltas.map((one) => delta(one)).join('')}${delta({}, 'tool_calls')}data: [DONE]\n\n`)
    const indexes = deltasOf(chunks).flatMap(({ tool_calls: calls }) =>
      Array.isArray(calls) ? calls.map((one) => (one as JsonObject)['index']) : [],
    )
    expect(indexes).toEqual(expected)
  })
})

describe('the end of a stream', () => {
  it('is not announced by an empty finish reason', () => {
    const { text, progress } = splice(delta({ content: 'Hi' }, ''))
    expect(progress.error?.failure).toBe('upstream-cut')
    expect(text).not.toContain('[DONE]')
  })

  it('needs every choice to have ended', () => {
    const { progress } = splice(
      `${delta({ content: 'Hi' }, 'stop')}${event({ choices: [{ index: 1, delta: { content: 'Ho' } }] })}data: [DONE]\n\n`,
    )
    expect(progress.error?.failure).toBe('upstream-cut')
  })

  it('may lack [DONE]', () => {
    const { text, progress } = splice(delta({ content: 'Hi' }, 'stop'))
    expect(progress.error).toBeUndefined()
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })
})

describe('usage of a stream', () => {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
  it.each([
    ['in a chunk of its own', event({ id: 'c', choices: [], usage })],
    ['beside the chunk, as Groq has it', event({ id: 'c', choices: [], x_groq: { usage } })],
    [
      'inside the choice, as Moonshot has it',
      event({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage }] }),
    ],
  ])('%s is told in the last chunk', (_, last) => {
    const { chunks, progress } = splice(`${delta({ content: 'Hi' }, 'stop')}${last}data: [DONE]\n\n`)
    expect(progress.usage?.totalTokens).toBe(5)
    expect(chunks.at(-1)).toMatchObject({ usage, choices: [{ index: 0, delta: {}, finish_reason: null }] })
    for (const chunk of chunks.slice(0, -1)) expect(chunk['usage']).toBeNull()
  })

  it('comes without choices when the client asked for that', () => {
    const { chunks } = splice(
      `${delta({ content: 'Hi' }, 'stop')}${event({ id: 'c', choices: [], usage })}data: [DONE]\n\n`,
      { includeUsage: true },
    )
    expect(chunks.at(-1)).toMatchObject({ usage, choices: [] })
  })
})

it('makes text and reasoning of content in parts', () => {
  const parts = [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm é' }] }]
  const { chunks } = splice(`${delta({ content: parts })}${delta({ content: [{ type: 'text', text: 'Hi' }] }, 'stop')}`)
  expect(deltasOf(chunks)[0]).toMatchObject({
    content: null,
    reasoning: 'Hm é',
    reasoning_details: [{ type: 'reasoning.text', text: 'Hm é' }],
  })
  expect(deltasOf(chunks)[1]).toEqual({ content: 'Hi' })
})

it('takes an error inside a choice for what it is', () => {
  const { progress } = splice(
    event({ choices: [{ index: 0, delta: {}, error: { code: 502, message: 'The model is gone.' } }] }),
  )
  expect(progress.error?.message).toBe('The model is gone.')
})

it('forwards events of unknown kinds untouched', () => {
  const { text } = splice(`event: ping.v2\ndata: {"odd":1.0}\n\n${delta({ content: 'Hi' }, 'stop')}`)
  expect(text).toContain('event: ping.v2\ndata: {"odd":1.0}\n\n')
})
