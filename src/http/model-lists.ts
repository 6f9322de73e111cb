/** The list of models in the words of each wire format. */
import type { JsonObject } from '../core/json.ts'

/** https://platform.openai.com/docs/api-reference/models/list */
export function openaiModelList(models: readonly JsonObject[]): JsonObject {
  return {
    object: 'list',
    data: [...models],
    extra_fields: { request_type: 'list_models', latency: 0, chunk_index: 0 },
  }
}

/** All on one page. https://platform.claude.com/docs/en/api/models/list */
export function anthropicModelList(models: readonly JsonObject[]): JsonObject {
  const data = models.map(anthropicModel)
  return {
    data,
    first_id: data[0]?.['id'] ?? null,
    has_more: false,
    last_id: data.at(-1)?.['id'] ?? null,
    extra_fields: { request_type: 'list_models', latency: 0, chunk_index: 0 },
  }
}

/** What nobody has said of a model is null. */
function anthropicModel({ object: _, created, ...model }: JsonObject): JsonObject {
  // The epoch stands for a day that is not known.
  const madeAt = typeof created === 'number' && Math.abs(created) < 8.64e12 ? created : 0
  return {
    type: 'model',
    display_name: model['id'] ?? null,
    created_at: new Date(madeAt * 1000).toISOString(),
    capabilities: null,
    max_input_tokens: null,
    max_tokens: null,
    ...model,
  }
}
