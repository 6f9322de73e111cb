/** Cohere's list of models, as OpenAI's clients know such lists. https://docs.cohere.com/reference/list-models */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'

/** A finetuned model is called by its name like any other. */
export function readCohereModels(body: Json): JsonObject[] {
  const list = isJsonObject(body) ? body['models'] : undefined
  return Array.isArray(list) ? list.flatMap((model) => (isJsonObject(model) ? modelObject(model) : [])) : []
}

function modelObject({ name, endpoints, context_length: context }: JsonObject): JsonObject[] {
  if (typeof name !== 'string' || (Array.isArray(endpoints) && !endpoints.includes('chat'))) return []
  return [
    {
      id: name,
      object: 'model',
      created: 0,
      owned_by: 'cohere',
      ...(typeof context === 'number' && { context_length: context }),
    },
  ]
}
