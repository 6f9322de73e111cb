/** Writes an answer as one `message` object. https://platform.claude.com/docs/en/api/messages */
import { createHash } from 'node:crypto'
import { readJson } from '../../core/parse-json.ts'
import type { Draft } from '../behaviours.ts'
import { countSaid, type Ending, type Said, say } from '../said.ts'
import { signatureOf } from '../signature.ts'
import { citedDocument } from './asked.ts'
import { thinks } from './check-model.ts'
import { saidBefore } from './check-thoughts.ts'
import type { ClaudeRules } from './claude.ts'
import { countPrompt } from './count.ts'
import type { MessagesRequest } from './request-schema.ts'

/** A block of a reply, as it stands in the message. */
export type ReplyBlock =
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'redacted_thinking'; data: string }
  | { type: 'text'; text: string; citations: readonly object[] | null }
  | ToolUse
  | ServerToolUse
  | { type: 'web_search_tool_result'; tool_use_id: string; caller: object; content: readonly object[] }

interface ToolUse {
  type: 'tool_use'
  id: string
  name: string
  input: unknown
  caller: object
}
interface ServerToolUse extends Omit<ToolUse, 'type'> {
  type: 'server_tool_use'
}

/** A whole reply. */
export interface ReplyMessage {
  id: string
  model: string
  blocks: ReplyBlock[]
  /** The arguments of each call as they were written, by the call's id: cut short, they are no JSON. */
  inputs: ReadonlyMap<string, string>
  stopReason: string
  stopSequence: string | null
  stopDetails: object | null
  usage: Usage
  /** How many tokens it took. */
  tokens: number
  extra: NonNullable<Draft['extra']>
}

export type Usage = Record<string, unknown> & { input_tokens: number; output_tokens: number }

export interface MessageContext {
  /** The text of the request, from which all ids are made. */
  source: string
  /** What the request calls the model. */
  model: string
  rules: ClaudeRules
}

/** The message that a draft becomes. */
export function messageOf(draft: Draft, request: MessagesRequest, context: MessageContext): ReplyMessage {
  const said = say(draft, { stop: request.stop_sequences, most: request.max_tokens })
  const hash = createHash('sha256').update(context.source).digest('hex')
  const writer = new BlockWriter(draft, request, context.rules, hash)
  const blocks = writer.write(said)
  const counted = countSaid(said)
  // What is refused before a word is said costs nothing.
  const text = draft.refusal === undefined ? counted.text : 0
  const { reasoning } = counted
  return {
    id: idFrom(hash, 'msg_01', 0),
    model: context.model,
    blocks,
    inputs: writer.inputs,
    stopReason: draft.refusal === undefined ? stopReasons[said.ending] : 'refusal',
    stopSequence: said.ending === 'stop-sequence' ? said.stopSequence : null,
    stopDetails: stopDetailsOf(draft),
    usage: usageOf(draft, request, { thinking: reasoning, output: reasoning + text }),
    tokens: reasoning + text,
    extra: draft.extra ?? {},
  }
}

const stopReasons: Record<Ending, string> = {
  end: 'end_turn',
  'stop-sequence': 'stop_sequence',
  calls: 'tool_use',
  length: 'max_tokens',
  'content-filter': 'refusal',
  recitation: 'refusal',
  'malformed-call': 'end_turn',
  'context-window': 'model_context_window_exceeded',
  pause: 'pause_turn',
}

/** https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback#refusal-response */
function stopDetailsOf({ refusal, cutShort }: Draft): object | null {
  if (refusal !== undefined) return { type: 'refusal', category: 'cyber', explanation: refusal }
  return cutShort === 'content-filter' ? { type: 'refusal', category: null, explanation: null } : null
}

const idFrom = (hash: string, prefix: string, place: number) =>
  `${prefix}${createHash('sha256').update(`${hash}.${prefix}.${place}`).digest('hex').slice(0, 22)}`

const direct = { type: 'direct' }
const page = { title: 'Simulated page', url: 'https://example.com/page' }

class BlockWriter {
  readonly inputs = new Map<string, string>()
  private readonly draft: Draft
  private readonly request: MessagesRequest
  private readonly rules: ClaudeRules
  private readonly hash: string

  constructor(draft: Draft, request: MessagesRequest, rules: ClaudeRules, hash: string) {
    this.draft = draft
    this.request = request
    this.rules = rules
    this.hash = hash
  }

  write(said: Said): ReplyBlock[] {
    const blocks: ReplyBlock[] = []
    if (said.reasoning !== null) blocks.push(this.thought(said.reasoning))
    if (this.draft.refusal !== undefined) return blocks
    if (said.text) blocks.push(...this.text(said.text))
    if (said.afterthought !== null) blocks.push(this.thought(said.afterthought))
    for (const [place, { name, text }] of said.calls.entries()) {
      const id = idFrom(this.hash, 'toolu_01', place)
      this.inputs.set(id, text)
      blocks.push({ type: 'tool_use', id, name, input: parsed(text), caller: direct })
    }
    return blocks
  }

  private thought(text: string): ReplyBlock {
    const before = this.rules.boundThoughts ? saidBefore(this.request).at(-1)! : undefined
    const bound = before === undefined ? {} : { before }
    if (this.draft.redacted) return { type: 'redacted_thinking', data: signatureOf({ text, hidden: true, ...bound }) }
    const hidden = this.isHidden()
    const signature = signatureOf({ text, hidden, ...bound })
    return { type: 'thinking', thinking: hidden ? '' : text, signature }
  }

  private isHidden(): boolean {
    const { thinking } = this.request
    const display = thinking && 'display' in thinking ? thinking.display : undefined
    const active = thinks(this.request, { rules: this.rules })
    return active && (display ?? this.rules.display) !== 'summarized'
  }

  private text(text: string): ReplyBlock[] {
    if (!this.draft.annotated) return [{ type: 'text', text, citations: null }]
    const cited = citedDocument(this.request)
    if (cited) return [{ type: 'text', text, citations: [locationIn(cited, text)] }]
    const id = idFrom(this.hash, 'srvtoolu_01', 0)
    const found = { type: 'web_search_result', ...page, encrypted_content: 'c2ltdWxhdGVk', page_age: 'January 1, 2026' }
    const citation = {
      type: 'web_search_result_location',
      ...page,
      encrypted_index: 'c2lt',
      cited_text: text.slice(0, 150),
    }
    this.inputs.set(id, JSON.stringify({ query: text.slice(0, 60) }))
    return [
      { type: 'server_tool_use', id, name: 'web_search', input: parsed(this.inputs.get(id)!), caller: direct },
      { type: 'web_search_tool_result', tool_use_id: id, caller: direct, content: [found] },
      { type: 'text', text, citations: [citation] },
    ]
  }
}

type Cited = NonNullable<ReturnType<typeof citedDocument>>

/** https://platform.claude.com/docs/en/build-with-claude/citations#citation-types */
function locationIn({ document, index }: Cited, text: string): object {
  const common = { cited_text: text, document_index: index, document_title: document.title ?? null, file_id: null }
  switch (document.source.type) {
    case 'text':
      return {
        type: 'char_location',
        ...common,
        cited_text: document.source.data.slice(0, 20),
        start_char_index: 0,
        end_char_index: Math.min(20, document.source.data.length),
      }
    case 'content':
      return { type: 'content_block_location', ...common, start_block_index: 0, end_block_index: 1 }
    default:
      return { type: 'page_location', ...common, start_page_number: 1, end_page_number: 2 }
  }
}

/** Arguments that were cut short are told as none. */
function parsed(text: string): unknown {
  try {
    return readJson(text)
  } catch {
    return {}
  }
}

/** https://platform.claude.com/docs/en/api/messages#usage */
function usageOf(draft: Draft, request: MessagesRequest, said: { thinking: number; output: number }): Usage {
  const prompt = countPrompt(request, draft.cached === true)
  const searched = draft.annotated && !citedDocument(request)
  return {
    input_tokens: prompt.input,
    cache_creation_input_tokens: prompt.written5m + prompt.written1h,
    cache_read_input_tokens: prompt.read,
    cache_creation: { ephemeral_5m_input_tokens: prompt.written5m, ephemeral_1h_input_tokens: prompt.written1h },
    output_tokens: said.output,
    output_tokens_details: { thinking_tokens: said.thinking },
    server_tool_use: searched ? { web_search_requests: 1, web_fetch_requests: 0 } : null,
    service_tier: 'standard',
    inference_geo: request.inference_geo ?? 'global',
    speed: request.speed ?? null,
    ...draft.extra?.usage,
  }
}

/** The body of a reply that is not streamed. */
export function bodyOf(message: ReplyMessage, withUsage: boolean) {
  return {
    ...headOf(message),
    content: message.blocks.map((block) => ({ ...block, ...(block.type === 'text' && message.extra.message) })),
    stop_reason: message.stopReason,
    stop_sequence: message.stopSequence,
    stop_details: message.stopDetails,
    ...(withUsage && { usage: message.usage }),
    ...message.extra.top,
  }
}

/** What a reply is before anything is said. */
export function headOf({ id, model }: ReplyMessage) {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [] as unknown[],
    container: null,
    diagnostics: null,
    stop_reason: null as string | null,
    stop_sequence: null as string | null,
    stop_details: null as object | null,
  }
}
