/** The list of models as Google tells it. https://ai.google.dev/api/models */
import { models } from '../behaviours.ts'

/** https://ai.google.dev/api/models#Model */
export function modelObject(name: string): object {
  return {
    name: `models/${name}`,
    version: '001',
    displayName: name,
    description: 'A model of the simulator.',
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
    temperature: 1,
    topP: 0.95,
    topK: 64,
    maxTemperature: 2,
    thinking: true,
  }
}

const names = models.map(({ form }) => form.replace('<words>', '100'))

/** One page of the list. */
export function modelPage(query: URLSearchParams): object {
  const size = Number(query.get('pageSize') ?? 50)
  const start = Number(query.get('pageToken') ?? 0)
  const page = names.slice(start, start + size).map(modelObject)
  const next = start + size < names.length ? { nextPageToken: String(start + size) } : {}
  return { models: page, ...next }
}
