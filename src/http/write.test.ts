/** Writing to clients: at their pace, with signs of life, and not for ever. */
import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { StreamReply } from '../engine/stream-reply.ts'
import { writeStream } from './write.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A client that takes what it is given, or does not. */
class FakeResponse extends EventEmitter {
  written: string[] = []
  destroyed = false
  ended = false
  takes = true

  writeHead(): void {}

  get writableNeedDrain(): boolean {
    return !this.takes
  }

  write(bytes: string): boolean {
    this.written.push(bytes)
    return this.takes
  }

  end(): void {
    this.ended = true
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

/** A stream whose pieces come when the test says. */
function fakeStream() {
  let give: (bytes: string | null) => void = () => {}
  let pulls = 0
  const stream = {
    next: () => {
      pulls++
      return new Promise<string | null>((resolve) => {
        give = resolve
      })
    },
  } as unknown as StreamReply
  return { stream, give: (bytes: string | null) => give(bytes), pulls: () => pulls }
}

function start(keepAlive = 0) {
  const response = new FakeResponse()
  const source = fakeStream()
  const done = writeStream(response as unknown as ServerResponse, [], source.stream, keepAlive)
  return { response, ...source, done }
}

const turn = () => vi.advanceTimersByTimeAsync(0)

describe('writeStream', () => {
  test('writes each piece at once, and ends', async () => {
    const { response, give, done } = start()
    for (const bytes of ['a', 'b']) {
      give(bytes)
      await turn()
    }
    give(null)
    await done
    expect(response.written).toEqual(['a', 'b'])
    expect(response.ended).toBe(true)
  })

  test('asks for no more while the client takes nothing', async () => {
    const { response, give, pulls, done } = start()
    response.takes = false
    give('a')
    await turn()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(pulls()).toBe(1)
    response.takes = true
    response.emit('drain')
    await turn()
    expect(pulls()).toBe(2)
    give(null)
    await done
  })

  test('lets go of a client that takes nothing for five minutes', async () => {
    const { response, give, done } = start()
    response.takes = false
    give('a')
    await turn()
    await vi.advanceTimersByTimeAsync(299_000)
    expect(response.destroyed).toBe(false)
    await vi.advanceTimersByTimeAsync(2000)
    expect(response.destroyed).toBe(true)
    give(null)
    await done
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a comment after each so much silence, none in between', async () => {
    const { response, give, done } = start(1000)
    await vi.advanceTimersByTimeAsync(2500)
    expect(response.written).toEqual([': keep-alive\n\n', ': keep-alive\n\n'])
    give('a')
    await turn()
    await vi.advanceTimersByTimeAsync(900)
    expect(response.written).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(200)
    expect(response.written).toHaveLength(4)
    give(null)
    await done
    expect(vi.getTimerCount()).toBe(0)
  })

  test('no comment to a client that takes nothing, nor to one that is gone', async () => {
    const { response, give, done } = start(1000)
    response.takes = false
    give('a')
    await turn()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(response.written).toEqual(['a'])
    response.destroy()
    await turn()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(response.written).toEqual(['a'])
    give(null)
    await done
    expect(vi.getTimerCount()).toBe(0)
  })

  test('without an interval there are no comments', async () => {
    const { response, give, done } = start(0)
    await vi.advanceTimersByTimeAsync(1_000_000)
    expect(response.written).toEqual([])
    give(null)
    await done
  })
})
