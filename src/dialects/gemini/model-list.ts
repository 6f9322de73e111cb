/** Google's lists of models, as OpenAI's clients know such lists. https://ai.google.dev/api/models */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'

/** The models that can be talked to; others embed texts, or make pictures in another way. */
export function readGeminiModels(body: Json): JsonObject[] {
  return listed(body, 'models').flatMap((model) => {
    const methods = model['supportedGenerationMethods']
    return Array.isArray(methods) && !methods.includes('generateContent') ? [] : [modelObject(model)]
  })
}

/** https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/publishers.models/list */
export function readPublisherModels(body: Json): JsonObject[] {
  return listed(body, 'publisherModels').map(modelObject)
}

function listed(body: Json, name: string): JsonObject[] {
  const list = isJsonObject(body) ? body[name] : undefined
  return Array.isArray(list)
    ? list.filter((model): model is JsonObject => isJsonObject(model) && typeof model['name'] === 'string')
    : []
}

/** Names are paths here: `models/gemini-…`, `publishers/google/models/gemini-…`. */
function modelObject({ name, displayName }: JsonObject): JsonObject {
  const id = String(name).replace(/^.*models\//, '')
  return {
    id,
    object: 'model',
    created: 0,
    owned_by: 'google',
    ...(typeof displayName === 'string' && { display_name: displayName }),
  }
}
