import { expect, it } from 'vitest'
import { readGeminiModels, readPublisherModels } from './model-list.ts'

const known = { object: 'model', created: 0, owned_by: 'google' }

it('lists of the Gemini API what can be talked to', () => {
  expect(
    readGeminiModels({
      models: [
        {
          name: 'models/gemini-2.5-pro',
          displayName: 'Gemini 2.5 Pro',
          supportedGenerationMethods: ['generateContent', 'countTokens'],
        },
        { name: 'models/gemini-embedding-001', supportedGenerationMethods: ['embedContent'] },
        { name: 'tunedModels/mine-123', supportedGenerationMethods: ['generateContent'] },
        { name: 'models/of-who-knows-what' },
      ],
      nextPageToken: 'abc',
    }),
  ).toEqual([
    { id: 'gemini-2.5-pro', ...known, display_name: 'Gemini 2.5 Pro' },
    { id: 'tunedModels/mine-123', ...known },
    { id: 'of-who-knows-what', ...known },
  ])
})

it('lists what a publisher has on Vertex AI', () => {
  const publisherModels = [{ name: 'publishers/google/models/gemini-2.5-pro', versionId: 'default' }]
  expect(readPublisherModels({ publisherModels })).toEqual([{ id: 'gemini-2.5-pro', ...known }])
})

it.each([null, [], 'models', {}, { models: {}, publisherModels: 1 }, { models: [null, {}, { name: 7 }] }])(
  'finds none in %j',
  (body) => {
    expect(readGeminiModels(body)).toEqual([])
    expect(readPublisherModels(body)).toEqual([])
  },
)
