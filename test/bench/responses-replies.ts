/** The streams of the upstream mock in the words of OpenAI's Responses API, as ready bytes. https://platform.openai.com/docs/api-reference/responses-streaming */

const itemId = 'msg_68a1b2c3d4e581908f7a6b5c4d3e2f1a0c9b8d7e6f5a4b3c'
const response = {
  id: 'resp_68a1b2c3d4e581908f7a6b5c4d3e2f1a0c9b8d7e6f5a4b3c',
  object: 'response',
  created_at: 1767225600,
  status: 'in_progress',
  background: false,
  error: null,
  incomplete_details: null,
  instructions: 'You are a helpful assistant that answers in one short paragraph.',
  max_output_tokens: 512,
  max_tool_calls: null,
  model: 'gpt-4o-2024-08-06',
  output: [],
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: 'auto',
  store: false,
  temperature: 0.7,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  usage: null,
  user: null,
  metadata: {},
}
const usage = {
  input_tokens: 53,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 310,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 363,
}

/** All events of a stream whose text comes in these pieces. */
export function responseEvents(pieces: string[]): string[] {
  const place = { item_id: itemId, output_index: 0, content_index: 0 }
  const text = pieces.join('')
  const item = { id: itemId, type: 'message', status: 'in_progress', content: [], role: 'assistant' }
  const part = { type: 'output_text', annotations: [], logprobs: [], text: '' }
  const whole = { ...item, status: 'completed', content: [{ ...part, text }] }
  const events: { type: string; [name: string]: unknown }[] = [
    { type: 'response.created', response },
    { type: 'response.in_progress', response },
    { type: 'response.output_item.added', output_index: 0, item },
    { type: 'response.content_part.added', ...place, part },
    ...pieces.map((delta) => ({
      type: 'response.output_text.delta',
      ...place,
      delta,
      logprobs: [],
      obfuscation: 'aB3dE5fG7h',
    })),
    { type: 'response.output_text.done', ...place, text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: { ...part, text } },
    { type: 'response.output_item.done', output_index: 0, item: whole },
    { type: 'response.completed', response: { ...response, status: 'completed', output: [whole], usage } },
  ]
  return events.map(({ type, ...rest }, sequence_number) => {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...rest })}\n\n`
  })
}
