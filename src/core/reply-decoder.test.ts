/** Events are given out once, and behind the last one nothing comes. */
import { describe, expect, it } from 'vitest'
import { GatewayError } from './errors.ts'
import { ReplyDecoder } from './reply-decoder.ts'
import type { Frame } from './sse.ts'

/** Reads a block of text a frame; `.` ends the answer, `!` is a failure. */
class Dots extends ReplyDecoder {
  complete = false

  protected read({ data }: Frame): void {
    if (data === '.') return this.finish()
    if (data === '!') return this.fail(new GatewayError('upstream-error', 'broken'))
    this.tell({ type: 'block-start', choice: 0, index: 0, block: { type: 'text' } })
    this.tell({ type: 'block-end', choice: 0, index: 0 })
  }

  protected finish(): void {
    this.tellLast({ type: 'finish', choices: [] })
  }
}

describe('a decoder', () => {
  it.each([
    [
      'tells the end when nothing more comes',
      ['a', 'b'],
      [
        ['block-start', 'block-end'],
        ['block-start', 'block-end'],
      ],
      ['finish'],
    ],
    ['reads nothing behind the end', ['a', '.', 'b'], [['block-start', 'block-end'], ['finish'], []], []],
    ['reads nothing behind a failure', ['!', 'a', '.'], [['error'], [], []], []],
  ])('%s', (_, told, events, last) => {
    const decoder = new Dots()
    expect(told.map((data) => decoder.push({ data }).map(({ type }) => type))).toEqual(events)
    expect(decoder.end().map(({ type }) => type)).toEqual(last)
    expect(decoder.end()).toEqual([])
  })
})
