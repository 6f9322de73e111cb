import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Loose } from './responses-grammar/frames.ts'
import { goodStreams, streamText } from './responses-grammar/good-streams.ts'

const file = fileURLToPath(new URL('check-responses-stream.ts', import.meta.url))

function check(args: readonly string[], input: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { input, encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('finds nothing in a stream as it should be', () => {
  const said = check(['-'], streamText(goodStreams.error))
  expect(said).toMatchObject({ status: 0, stdout: '1 events, 0 faults\n' })
})

test('names the faults of grammar and of schema', () => {
  const [error] = goodStreams.error
  const { status, stdout } = check(['-'], streamText([{ ...error!, sequence_number: 3, param: 7 }]))
  expect(status).toBe(1)
  expect(stdout).toContain('event 0: error: The sequence_number is 3 where 0 is due.')
  expect(stdout).toContain('event 0: error: /param must be string,null')
})

test('takes the tail of a stream, and one of a provider', () => {
  const [error] = goodStreams.error
  const { extra_fields, ...event }: Loose = { ...error!, sequence_number: 3 }
  expect(check(['--provider', '--from=3', '-'], streamText([event]))).toMatchObject({ status: 0 })
})

test('says how it is used', () => {
  expect(check([], '')).toMatchObject({ status: 2, stderr: expect.stringContaining('FILE') })
})
