/**
 * Reads a stream of chunks as strictly as a client might, whatever way it ends.
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
import type { Frame } from '../../core/sse.ts'

// biome-ignore lint/suspicious/noExplicitAny: a reader of chunks looks into them without a schema
type Loose = any

/** How a stream ended: well, with an error told, or not at all so far. What the grammar forbids is an error. */
export function endOfChunks(frames: Iterable<Frame>): 'whole' | 'failed' | 'open' {
  let end: 'whole' | 'failed' | 'open' = 'open'
  const calls = new Set<string>()
  for (const { event, data } of frames) {
    must(event === undefined, `an event called ${event}`)
    must(end === 'open', `${data.slice(0, 100)} behind the end`)
    if (data === '[DONE]') {
      end = 'whole'
      continue
    }
    const chunk: Loose = JSON.parse(data)
    // Some send an empty one with every chunk, which no client takes for an error.
    if (chunk.error) {
      must(Number.isInteger(chunk.status_code) && typeof chunk.error.message === 'string', 'an error without words')
      end = 'failed'
      continue
    }
    must(chunk.object === 'chat.completion.chunk', `an object ${chunk.object}`)
    must(typeof chunk.id === 'string' && typeof chunk.model === 'string', 'a chunk without a name')
    for (const choice of chunk.choices) readChoice(choice, calls)
  }
  return end
}

function readChoice({ index, delta, finish_reason: reason }: Loose, known: Set<string>): void {
  must(typeof index === 'number', `a choice with the index ${index}`)
  must(reason === null || typeof reason === 'string', `the finish reason ${reason}`)
  must(delta !== null && typeof delta === 'object', 'a choice without a delta')
  must(!(delta.content instanceof Object) || Array.isArray(delta.content), 'content that is neither text nor parts')
  for (const name of ['refusal', 'reasoning']) {
    must(
      delta[name] === undefined || delta[name] === null || typeof delta[name] === 'string',
      `${name} that is no text`,
    )
  }
  for (const call of delta.tool_calls ?? []) {
    // One of a type that nobody knows is passed on whole.
    if (call.type !== undefined && call.type !== 'function' && call.type !== 'custom') continue
    const key = `${index} ${call.index}`
    must(
      known.has(key) || (typeof call.id === 'string' && call.type !== undefined),
      'a call that goes on before it begins',
    )
    known.add(key)
  }
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`The stream has ${what}.`)
}
