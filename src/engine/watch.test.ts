/** The clock on one attempt: when it goes off, when it does not, and that it leaves no timer behind. */
import { expect, test } from 'vitest'
import { FakeClock } from '../../test/support/fake-world.ts'
import type { GatewayError } from '../core/errors.ts'
import { Watch } from './watch.ts'

function start() {
  const clock = new FakeClock()
  const aborted: GatewayError[] = []
  return { clock, aborted, watch: new Watch(clock, (error) => aborted.push(error)) }
}

test('goes off when what is expected does not come', async () => {
  const { clock, aborted, watch } = start()
  watch.expect(1500, 'no answer from openai')
  await clock.advance(1499)
  expect(aborted).toEqual([])
  await clock.advance(1)
  expect(aborted.map(({ failure, status, message }) => ({ failure, status, message }))).toEqual([
    { failure: 'upstream-timeout', status: 504, message: 'request timed out: no answer from openai within 1.5 s' },
  ])
  expect(clock.pending).toBe(0)
})

test('touch expects the same again', async () => {
  const { clock, aborted, watch } = start()
  watch.expect(1000, 'nothing')
  for (let index = 0; index < 10; index++) {
    await clock.advance(900)
    watch.touch()
  }
  expect(aborted).toEqual([])
  await clock.advance(1000)
  expect(aborted).toHaveLength(1)
})

test.each([
  ['sooner', 1000, 300],
  ['later', 300, 1000],
  ['the same', 500, 500],
])('a new expectation replaces the old one: %s', async (_, first, second) => {
  const { clock, aborted, watch } = start()
  watch.expect(first, 'first')
  await clock.advance(100)
  watch.expect(second, 'second')
  await clock.advance(second - 1)
  expect(aborted).toEqual([])
  await clock.advance(2)
  expect(aborted.map(({ message }) => message)).toEqual([expect.stringContaining('second')])
})

test('while it rests nothing is expected, and touch goes on', async () => {
  const { clock, aborted, watch } = start()
  watch.expect(1000, 'nothing')
  watch.rest()
  await clock.advance(100_000)
  expect(aborted).toEqual([])
  watch.touch()
  await clock.advance(999)
  expect(aborted).toEqual([])
  await clock.advance(1)
  expect(aborted).toHaveLength(1)
})

test('stopped, it neither goes off nor keeps a timer, and touch does not wake it', async () => {
  const { clock, aborted, watch } = start()
  watch.expect(1000, 'nothing')
  watch.stop()
  expect(clock.pending).toBe(0)
  watch.touch()
  watch.rest()
  expect(clock.pending).toBe(0)
  await clock.advance(5000)
  expect(aborted).toEqual([])
})

test('0 expects nothing', async () => {
  const { clock, aborted, watch } = start()
  watch.expect(1000, 'something')
  watch.expect(0, 'nothing')
  watch.touch()
  await clock.advance(5000)
  expect(aborted).toEqual([])
  expect(clock.pending).toBe(0)
})

test('goes off once', async () => {
  const { clock, aborted, watch } = start()
  watch.expect(1000, 'nothing')
  await clock.advance(1000)
  watch.touch()
  await clock.advance(10_000)
  expect(aborted).toHaveLength(1)
})

test('moving the deadline a thousand times keeps one timer', () => {
  const { clock, watch } = start()
  watch.expect(1000, 'nothing')
  for (let index = 0; index < 1000; index++) {
    watch.touch()
    watch.rest()
    watch.touch()
  }
  expect(clock.pending).toBe(1)
})
