/** Makes sure, before anything is measured, that a program passes requests on properly and replies arrive whole. */
import { askOnce } from './load.ts'
import type { Program } from './programs.ts'
import { completionBody } from './replies.ts'
import { flatText, isResponses, type Mode, pacedPieces, stampPattern, type UpstreamMock } from './upstream-mock.ts'

interface Completion {
  choices: { message: { content: string } }[]
  usage: { total_tokens: number }
}

interface Chunk {
  choices: { delta?: { content?: string } }[]
}

/** Sends one request while the upstream checks all of it, and checks all of the reply. */
export async function verify(program: Program, mode: Mode, upstream: UpstreamMock): Promise<void> {
  upstream.strict = true
  try {
    const reply = await askOnce(program.load(mode))
    const fault = mode.startsWith('sse-') ? faultOfStream(reply, mode) : faultOfReply(reply, mode)
    if (fault) throw new Error(`${fault} It begins with: ${reply.slice(0, 300)}`)
  } catch (error) {
    throw new Error(`The check before ${mode} failed. ${(error as Error).message}`, { cause: error })
  } finally {
    upstream.strict = false
  }
}

function faultOfReply(reply: string, mode: Mode): string | undefined {
  const sent = JSON.parse(completionBody(mode === 'unary-20k' ? 20_000 : 1_600)) as Completion
  const got = JSON.parse(reply) as Completion
  if (got.choices[0]?.message.content !== sent.choices[0]?.message.content) return 'The reply has another text.'
  if (got.usage.total_tokens !== sent.usage.total_tokens) return 'The reply has another usage.'
  return undefined
}

function faultOfStream(reply: string, mode: Mode): string | undefined {
  if (isResponses(mode)) return faultOfResponse(reply)
  const events = reply.split('\n\n').filter((event) => event.startsWith('data: '))
  if (events.pop() !== 'data: [DONE]') return 'The stream does not end with [DONE].'
  const chunks = events.map((event) => JSON.parse(event.slice('data: '.length)) as Chunk)
  const texts = chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '')
  if (mode === 'sse-paced') {
    const stamps = texts.filter((text) => stampPattern.test(text)).length
    return stamps === pacedPieces ? undefined : `The stream has ${stamps} of ${pacedPieces} events with text.`
  }
  return texts.join('') === flatText ? undefined : 'The stream has another text.'
}

interface ResponseEvent {
  type: string
  delta?: string
  response?: { output: { content: { text: string }[] }[]; usage: { total_tokens: number } }
}

function faultOfResponse(reply: string): string | undefined {
  const events = reply.split('\n\n').filter((event) => event !== '')
  const told = events.map((event) => JSON.parse(event.slice(event.indexOf('{'))) as ResponseEvent)
  const last = told.at(-1)
  if (last?.type !== 'response.completed') return 'The stream does not end with response.completed.'
  const deltas = told.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta)
  if (deltas.join('') !== flatText) return 'The stream has another text.'
  if (last.response?.output[0]?.content[0]?.text !== flatText) return 'Its end tells of another text.'
  return last.response.usage.total_tokens === 363 ? undefined : 'The stream has another usage.'
}
