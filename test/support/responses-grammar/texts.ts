/** The rules for what comes in pieces: its deltas, then a done that says all of it, once. https://platform.openai.com/docs/api-reference/responses-streaming */
import type { Loose } from './frames.ts'

/** What has come of a text. */
export interface Text {
  joined: string
  logprobs: unknown[]
  /** What its done said, once it has come. */
  whole: string | undefined
  /** Its beginning was in an earlier connection. */
  readonly partial: boolean
}

export function newText(partial: boolean): Text {
  return { joined: '', logprobs: [], whole: undefined, partial }
}

/** Where a text stands and what its done calls it. */
export interface TextKind {
  readonly place: 'content' | 'summary' | 'item'
  /** Of the part or of the item it belongs to. */
  readonly type: string
  readonly member: string
}

/** By what stands before `.delta` and `.done`. */
export const textKinds: Readonly<Record<string, TextKind>> = {
  'response.output_text': { place: 'content', type: 'output_text', member: 'text' },
  'response.refusal': { place: 'content', type: 'refusal', member: 'refusal' },
  'response.reasoning_text': { place: 'content', type: 'reasoning_text', member: 'text' },
  'response.reasoning_summary_text': { place: 'summary', type: 'summary_text', member: 'text' },
  'response.function_call_arguments': { place: 'item', type: 'function_call', member: 'arguments' },
  'response.custom_tool_call_input': { place: 'item', type: 'custom_tool_call', member: 'input' },
  'response.mcp_call_arguments': { place: 'item', type: 'mcp_call', member: 'arguments' },
  'response.code_interpreter_call_code': { place: 'item', type: 'code_interpreter_call', member: 'code' },
}

export function deltaFaults(text: Text, { delta, logprobs }: Loose): string[] {
  if (typeof delta !== 'string') return ['The delta is no text.']
  const late = text.whole !== undefined
  text.joined += delta
  if (Array.isArray(logprobs)) text.logprobs.push(...logprobs)
  return late ? ['A delta comes after the done that said all of it.'] : []
}

export function doneFaults(text: Text, event: Loose, member: string): string[] {
  const said: unknown = event[member]
  if (typeof said !== 'string') return [`The done has no ${member}.`]
  if (text.whole !== undefined) return ['It is done a second time.']
  text.whole = said
  const { joined, partial } = text
  const right = partial ? said.endsWith(joined) : said === joined
  return [
    ...(right ? [] : [`The done says ${brief(said)}, the deltas ${brief(joined)}.`]),
    ...logprobFaults(text, event['logprobs']),
  ]
}

function logprobFaults({ logprobs, partial }: Text, said: unknown): string[] {
  if (partial || !Array.isArray(said)) return []
  const [told, came] = [tokensOf(said), tokensOf(logprobs)]
  return told === came ? [] : [`The done has the log probabilities of ${brief(told)}, the deltas of ${brief(came)}.`]
}

const tokensOf = (list: readonly unknown[]): string => list.map((one) => (one as Loose)['token']).join('')

export const brief = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
