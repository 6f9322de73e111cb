/** What is kept is found again, and forgotten when it is deleted or when there is too much. */
import { expect, test } from 'vitest'
import type { Item } from './item-schema.ts'
import { type KeptResponse, KeptResponses } from './kept.ts'
import { headOf } from './response-object.ts'

const user = (id: string): Item => ({ type: 'message', role: 'user', id, content: 'Hello' })

function response(
  id: string,
  { output = [], input = [user(`msg_${id}`)], letters = 10 }: Partial<KeptResponse> & { output?: Item[] } = {},
) {
  const head = headOf({ model: 'echo' }, { id, model: 'echo', now: 0, azure: false })
  return { response: { ...head, output }, input, own: 1, letters }
}

test('items are known by their ids, with the thought right before them', () => {
  const kept = new KeptResponses()
  const output = [
    { type: 'reasoning', id: 'rs_1', summary: [] },
    { type: 'function_call', id: 'fc_1' },
    { type: 'function_call', id: 'fc_2' },
  ]
  kept.add(response('a', { output, input: [user('msg_before'), user('msg_own')] }))
  expect(kept.item('fc_1')).toEqual({ item: output[1], thought: 'rs_1' })
  expect(kept.item('fc_2')!.thought).toBeUndefined()
  expect([kept.item('msg_own')!.thought, kept.item('msg_before')]).toEqual([undefined, undefined])
  expect([kept.delete('a'), kept.delete('a'), kept.item('fc_1'), kept.find('a')]).toEqual([
    true,
    false,
    undefined,
    undefined,
  ])
})

test('the oldest are forgotten when there are too many', () => {
  const kept = new KeptResponses()
  for (let number = 1; number <= 4001; number++) kept.add(response(`r${number}`))
  expect([kept.find('r1'), kept.item('msg_r1')]).toEqual([undefined, undefined])
  expect([kept.find('r2')?.response.id, kept.find('r4001')?.response.id]).toEqual(['r2', 'r4001'])
})

test('or too much, but never the newest', () => {
  const kept = new KeptResponses()
  kept.add(response('small'))
  kept.add(response('large', { letters: 200 * 1024 * 1024 }))
  expect(kept.find('small')).toBeDefined()
  kept.add(response('huge', { letters: 300 * 1024 * 1024 }))
  expect([kept.find('small'), kept.find('large'), kept.find('huge')?.response.id]).toEqual([
    undefined,
    undefined,
    'huge',
  ])
  kept.add(response('next'))
  expect([kept.find('huge'), kept.find('next')?.response.id]).toEqual([undefined, 'next'])
  kept.add(response('long', { input: Array.from({ length: 1_000_000 }, () => user('msg_x')) }))
  expect([kept.find('next'), kept.find('long')?.response.id]).toEqual([undefined, 'long'])
})

test('no two have the same number', () => {
  const kept = new KeptResponses()
  expect([kept.next(), kept.next()]).toEqual([1, 2])
})
