/** Asks a house over HTTP, and gives back what came letter for letter. */

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text as JSON; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies without a schema
  readonly json: any
}

export interface StreamReply extends Reply {
  /** The text cut behind each empty line; a piece that was not ended is there as it is. */
  readonly frames: readonly string[]
  /** What the `data:` lines held, parsed; `[DONE]` stays text. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into chunks without a schema
  readonly events: readonly any[]
  /** The connection broke before the body was complete. */
  readonly broken: boolean
}

export interface PostOptions {
  /** Default `/openai/v1/chat/completions`. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

interface Addressed {
  readonly url: string
}

export const chatPath = '/openai/v1/chat/completions'

/** The smallest chat request. */
export function chat(model: string, content = 'Hello, Asbru!', more: object = {}): object {
  return { model, messages: [{ role: 'user', content }], ...more }
}

/** `body` is sent as it is where it is text, else as JSON. */
export async function post(house: Addressed, body: object | string, options: PostOptions = {}): Promise<Reply> {
  const response = await send(house, body, options)
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parsed(text) }
}

/** Reads to the end of the stream, whatever way it ends. */
export async function postStream(
  house: Addressed,
  body: object | string,
  options: PostOptions = {},
): Promise<StreamReply> {
  const response = await send(house, typeof body === 'string' ? body : { stream: true, ...body }, options)
  const { text, broken } = await readToEnd(response)
  const frames = framesOf(text)
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: parsed(text),
    frames,
    events: frames.flatMap(dataOf),
    broken,
  }
}

/** Resolves when the headers are there. */
export function send(house: Addressed, body: object | string, options: PostOptions = {}): Promise<Response> {
  return fetch(house.url + (options.path ?? chatPath), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...options.headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    redirect: 'manual',
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
}

async function readToEnd(response: Response): Promise<{ text: string; broken: boolean }> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true })
    return { text: text + decoder.decode(), broken: false }
  } catch {
    return { text, broken: true }
  }
}

/** A stream's text as its frames, each with the empty line that ends it. */
export function framesOf(text: string): string[] {
  return text.split(/(?<=\r?\n\r?\n)/).filter((frame) => frame !== '')
}

function dataOf(frame: string): unknown[] {
  const data = /^data: ?([^\r\n]*)/m.exec(frame)?.[1]
  if (data === undefined) return []
  return [data === '[DONE]' ? data : JSON.parse(data)]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
