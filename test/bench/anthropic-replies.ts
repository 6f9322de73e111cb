/** The streams of the upstream mock in Anthropic's words, as ready bytes. https://platform.claude.com/docs/en/build-with-claude/streaming */

const model = 'claude-sonnet-4-5-20250929'

function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify({ type: name, ...data })}\n\n`
}

/** What a stream starts with: the message, its one block, and a ping, as Anthropic sends it. */
export const firstEvents = [
  event('message_start', {
    message: {
      id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 53, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 },
    },
  }),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  event('ping', {}),
]

/** An event with a piece of text. */
export function deltaEvent(text: string): string {
  return event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
}

/** What a stream ends with. */
export const endEvents = [
  event('content_block_stop', { index: 0 }),
  event('message_delta', {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { input_tokens: 53, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 310 },
  }),
  event('message_stop', {}),
]
