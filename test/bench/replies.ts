/** The replies of the upstream mock as ready bytes, shaped like OpenAI's. https://platform.openai.com/docs/api-reference/chat */

const created = 1767225600
const id = 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT'
const model = 'gpt-4o-2024-08-06'
const shared = { service_tier: 'default', system_fingerprint: 'fp_06737a9306' }
const usage = {
  prompt_tokens: 53,
  completion_tokens: 310,
  total_tokens: 363,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
}
const prose = 'The sky looks "blue" because air scatters short waves more than long ones.\nAt dusk the way is longer. '

const commonHeaders = [
  'Date: Thu, 01 Jan 2026 00:00:00 GMT',
  'Connection: keep-alive',
  'access-control-expose-headers: X-Request-ID',
  'openai-organization: org-bench',
  'openai-processing-ms: 312',
  'openai-version: 2020-10-01',
  'x-ratelimit-limit-requests: 10000',
  'x-ratelimit-limit-tokens: 30000000',
  'x-ratelimit-remaining-requests: 9999',
  'x-ratelimit-remaining-tokens: 29999970',
  'x-ratelimit-reset-requests: 6ms',
  'x-ratelimit-reset-tokens: 0s',
  'x-request-id: req_0123456789abcdef0123456789abcdef',
]

function head(status: string, ...headers: string[]): string {
  return [`HTTP/1.1 ${status}`, ...commonHeaders, ...headers, '', ''].join('\r\n')
}

/** A whole reply with a JSON body. */
export function jsonReply(status: string, body: string): Buffer {
  const length = Buffer.byteLength(body)
  return Buffer.from(head(status, 'Content-Type: application/json', `Content-Length: ${length}`) + body)
}

/** A chat completion whose body has exactly this many bytes. */
export function completionBody(bytes: number): string {
  const print = (content: string) =>
    JSON.stringify({
      id,
      object: 'chat.completion',
      created,
      model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content, refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage,
      ...shared,
    })
  // Fill with prose while it fits (an escaped letter takes two bytes), then with dots to the exact length.
  let content = prose.repeat(Math.max(0, Math.floor((bytes - print('').length) / JSON.stringify(prose).length)))
  content += '.'.repeat(Math.max(0, bytes - print(content).length))
  const body = print(content)
  if (body.length !== bytes) throw new Error(`A completion cannot be as short as ${bytes} bytes.`)
  return body
}

function event(choices: object[], extra: object = {}): string {
  const chunk = { id, object: 'chat.completion.chunk', created, model, ...shared, choices, ...extra }
  return `data: ${JSON.stringify(chunk)}\n\n`
}

/** An event with a piece of text, as a stream has hundreds of. */
export function contentEvent(content: string): string {
  return event([{ index: 0, delta: { content }, logprobs: null, finish_reason: null }])
}

/** What a stream starts with: OpenAI's event that only has the role. */
export const firstEvent = event([
  { index: 0, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null },
])

/** What a stream ends with. */
export const lastEvents = [
  event([{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }]),
  event([], { usage }),
  'data: [DONE]\n\n',
]

/** The head of a streamed reply. */
export const streamHead = Buffer.from(
  head('200 OK', 'Content-Type: text/event-stream; charset=utf-8', 'Transfer-Encoding: chunked'),
)

/** Text as one HTTP chunk. https://www.rfc-editor.org/rfc/rfc9112#section-7.1 */
export function httpChunk(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
}

/** What ends a chunked body. */
export const lastChunk = Buffer.from('0\r\n\r\n')

/** The pieces of text of a stream: `count` words of prose. */
export function words(count: number): string[] {
  const source = prose.split(/(?=[ \n])/)
  return Array.from({ length: count }, (_, place) => source[place % source.length]!)
}

/** Events in HTTP chunks of `together` events each. */
export function inChunks(events: string[], together: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let place = 0; place < events.length; place += together) {
    chunks.push(httpChunk(events.slice(place, place + together).join('')))
  }
  return chunks
}
