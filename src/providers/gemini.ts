/** Google Gemini. https://ai.google.dev/api/generate-content */
import type { PathTarget, Provider } from '../core/provider.ts'
import { geminiCount } from '../dialects/gemini/count.ts'
import { readGeminiModels } from '../dialects/gemini/model-list.ts'
import { modelName } from '../dialects/gemini/models.ts'
import { gemini as generateContent } from '../dialects/gemini/provider.ts'

/** What is done with a model, behind the path the model is at. Streams are lists unless events are asked for. */
export function generateAction({ stream }: PathTarget): string {
  return stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
}

/** Models that were tuned have a place of their own: their names tell it. */
function modelPath({ model }: PathTarget): string {
  const name = modelName(model)
  return name.startsWith('tunedModels/')
    ? `/v1beta/tunedModels/${encodeURIComponent(name.slice('tunedModels/'.length))}`
    : `/v1beta/models/${encodeURIComponent(name)}`
}

export const gemini = {
  id: 'gemini',
  name: 'Google Gemini',
  docs: 'https://ai.google.dev/api/generate-content',
  baseUrl: 'https://generativelanguage.googleapis.com',
  auth: { scheme: 'header', name: 'x-goog-api-key' },
  paths: {
    chat: (target) => `${modelPath(target)}:${generateAction(target)}`,
    models: '/v1beta/models?pageSize=1000',
  },
  readModels: readGeminiModels,
  chat: generateContent('gemini-api'),
  count: { tokens: geminiCount('gemini-api'), path: (target) => `${modelPath(target)}:countTokens` },
  note: 'Models go by `gemini-…`, `models/gemini-…` and `google/gemini-…` alike. Members of Google’s own, `safety_settings`, `cached_content` and `labels`, may stand at the top of a request; all others go into `extra_params`.',
  prices: ({ model }) => ({ list: 'google', model: model.slice(model.lastIndexOf('/') + 1) }),
  environment: { key: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'] },
  families: ['gemini-', 'models/gemini-', 'google/gemini-'],
} satisfies Provider
