/** Streams as providers of the dialect send them, byte for byte, with what is awkward about each. https://platform.openai.com/docs/api-reference/chat-streaming */

export interface RecordedStream {
  readonly name: string
  /** How many choices were asked for. */
  readonly choices: number
  readonly bytes: Uint8Array
}

const encoder = new TextEncoder()

function stream(name: string, text: string, choices = 1): RecordedStream {
  return { name, choices, bytes: encoder.encode(text) }
}

/** Chunks as JSON, each with the members all of them have. */
function chunks(parts: readonly string[]): string[] {
  return parts.map(
    (part) => `{"id":"chatcmpl-9","object":"chat.completion.chunk","created":1767225600,"model":"gpt-4o",${part}}`,
  )
}

const choice = (delta: string, finish = 'null', index = 0) =>
  `{"index":${index},"delta":${delta},"logprobs":null,"finish_reason":${finish}}`
const choices = (...list: readonly string[]) => `"choices":[${list.join(',')}]`
const usage = '"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}'
const events = (data: readonly string[], end = '\n\n') => data.map((one) => `data: ${one}${end}`).join('')

/** The smallest that has everything: a role, content, a reason, usage and the end. */
export const smallest = stream(
  'the smallest',
  events([
    '{"id":"1","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}',
    '{"id":"1","choices":[{"index":0,"delta":{"content":"Grü🌉"}}]}',
    '{"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
    '{"id":"1","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}',
    '[DONE]',
  ]),
)

export const recordedStreams: readonly RecordedStream[] = [
  smallest,
  stream(
    'letters of several bytes',
    events([
      ...chunks([
        choices(choice('{"role":"assistant","content":"","refusal":null}')),
        choices(choice('{"content":"Grüße"}')),
        choices(choice('{"content":", 世界 🌉"}')),
        choices(choice('{"content":" \\u2028 \\ud83c\\udf09 \\"quoted\\" \\\\"}')),
        choices(choice('{}', '"stop"')),
        `"choices":[],${usage}`,
      ]),
      '[DONE]',
    ]),
  ),
  stream(
    'CR LF, comments, names, no blank behind the colon',
    `\uFEFF: hello\r\n\r\n${chunks([
      choices(choice('{"role":"assistant","content":"one"}')),
      choices(choice('{"content":" two"}')),
      choices(choice('{}', '"stop"')),
      `"choices":[],${usage}`,
    ])
      .map((one) => `: ping\r\nevent: message\r\nid: 7\r\ndata:${one}\r\n\r\n`)
      .join('')}data:[DONE]\r\n\r\n`,
  ),
  stream(
    'tool calls in fragments',
    events([
      ...chunks([
        choices(choice('{"role":"assistant","content":null}')),
        choices(
          choice(
            '{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"weather","arguments":""}}]}',
          ),
        ),
        choices(choice('{"tool_calls":[{"index":0,"function":{"arguments":"{\\"city\\":"}}]}')),
        choices(choice('{"tool_calls":[{"index":0,"function":{"arguments":"\\"Ålesund\\"}"}}]}')),
        choices(
          choice(
            '{"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"time","arguments":"{}"}}]}',
          ),
        ),
        choices(choice('{}', '"tool_calls"')),
        `"choices":[],${usage}`,
      ]),
      '[DONE]',
    ]),
  ),
  stream(
    'two choices in turns',
    events([
      ...chunks([
        choices(choice('{"role":"assistant","content":"a"}', 'null', 0)),
        choices(choice('{"role":"assistant","content":"b"}', 'null', 1)),
        choices(choice('{}', '"stop"', 0)),
        choices(choice('{"content":"b"}', 'null', 1)),
        choices(choice('{}', '"length"', 1)),
        `"choices":[],${usage}`,
      ]),
      '[DONE]',
    ]),
    2,
  ),
  stream(
    'reasoning, log probabilities, and usage with the reason',
    events([
      ...chunks([
        choices(choice('{"role":"assistant","content":null,"reasoning_content":"Hm, "}')),
        choices(choice('{"reasoning_content":"süß."}')),
        '"choices":[{"index":0,"delta":{"content":"Yes"},"logprobs":{"content":[{"token":"Yes","logprob":-0.1,"bytes":[89,101,115],"top_logprobs":[]}]},"finish_reason":null}]',
        `${choices(choice('{"content":""}', '"stop"'))},${usage}`,
      ]),
      '[DONE]',
    ]),
  ),
  stream(
    "Azure's filter results, and unknown fields",
    events([
      '{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}',
      ...chunks([
        `"x_own":[1.0,{"ü":1e5}],${choices(choice('{"role":"assistant","content":"Hi","x_delta":{"a":[]}}'))}`,
        choices('{"index":0,"delta":{},"finish_reason":"stop","content_filter_results":{"hate":{"filtered":false}}}'),
        `"choices":[],${usage}`,
      ]),
      '[DONE]',
    ]),
  ),
]
