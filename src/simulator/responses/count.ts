/** How many tokens a response is made from, and how its usage is told. https://platform.openai.com/docs/api-reference/responses/object */
import { billingOf } from '../answer.ts'
import type { Draft } from '../behaviours.ts'
import { countSaid, type Said } from '../said.ts'
import { countTokens } from '../tokens.ts'
import type { Conversation } from './check-conversation.ts'
import type { Item, Part } from './item-schema.ts'
import { partsOf, textIn } from './items.ts'
import type { ResponseRequest } from './request-schema.ts'
import type { Usage } from './response-object.ts'

/** The tokens of all that a response is made from: what was kept, what came, instructions and tools. */
export function countInput(request: ResponseRequest, { history, input }: Conversation): number {
  let total = 3
  if (request.instructions) total += 3 + countTokens(request.instructions)
  for (const item of history) total += countItem(item)
  for (const item of input) total += countItem(item)
  if (request.tools && request.tools.length > 0) total += countTokens(JSON.stringify(request.tools))
  if (request.text?.format?.type === 'json_schema') total += countTokens(JSON.stringify(request.text.format))
  return total
}

const spoken = new Set(['message', 'function_call_output', 'custom_tool_call_output'])

/** What was said has the tokens of its words, pictures and files a fixed sum; of everything else its letters are counted. */
function countItem(item: Item): number {
  if (item.type === 'reasoning') return 0
  if (!spoken.has(item.type)) {
    const { id: _, status: __, result: ___, ...told } = item
    return 3 + countTokens(JSON.stringify(told))
  }
  return partsOf(item).reduce((sum, part) => sum + countPart(part), 3 + countTokens(textIn(item)))
}

function countPart(part: Part): number {
  if (part.type === 'input_image') return part.detail === 'low' ? 85 : 765
  return part.type === 'input_file' ? 100 + Math.ceil((part.file_data?.length ?? 0) / 400) : 0
}

/** The usage of a response, and fields of the reply that come with it. */
export function usageOf(
  request: ResponseRequest,
  { draft, said, input }: { draft: Draft; said: Said; input: number },
): { usage: Usage; sources: Record<string, unknown>; tokens: number } {
  const { reasoning, text } = countSaid(said)
  const output = reasoning + text
  // The real cache needs a warm-up; here a key is enough, so that one request shows cached tokens.
  const byKey = request.prompt_cache_key && input >= 1024 ? Math.floor(input / 128) * 128 : 0
  const { cost, sources } = billingOf(draft, { prompt_tokens: input, completion_tokens: output })
  const usage = {
    input_tokens: input,
    input_tokens_details: { cached_tokens: draft.cached ? Math.floor(input / 2) : byKey, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
    ...cost,
    ...draft.extra?.usage,
  }
  return { usage, sources, tokens: output }
}
