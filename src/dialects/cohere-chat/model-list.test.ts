import { expect, it } from 'vitest'
import { readCohereModels } from './model-list.ts'

const known = { object: 'model', created: 0, owned_by: 'cohere' }

it('lists what can be talked to', () => {
  expect(
    readCohereModels({
      models: [
        { name: 'command-a-03-2025', endpoints: ['chat', 'generate'], context_length: 288000, is_deprecated: false },
        { name: 'my-own-ft', endpoints: ['chat'], finetuned: true },
        { name: 'embed-v4.0', endpoints: ['embed'] },
        { name: 'of-who-knows-what' },
      ],
      next_page_token: 'abc',
    }),
  ).toEqual([
    { id: 'command-a-03-2025', ...known, context_length: 288000 },
    { id: 'my-own-ft', ...known },
    { id: 'of-who-knows-what', ...known },
  ])
})

it.each([null, [], 'models', {}, { models: {} }, { models: [null, {}, { name: 7 }] }])('finds none in %j', (body) => {
  expect(readCohereModels(body)).toEqual([])
})
