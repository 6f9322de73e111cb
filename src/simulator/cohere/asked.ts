/** What a chat request asks for. https://docs.cohere.com/v2/reference/chat */
import type { Asked, AskedFormat, OfferedTool } from '../asked.ts'
import type { ChatRequest, Message } from './request-schema.ts'

/** All that a model looks at. Models made for it think unless told not to. */
export function askedBy(request: ChatRequest, model: string): Asked {
  const { messages, thinking } = request
  return {
    echo: echoOf(request),
    answered: messages.at(-1)!.role === 'tool',
    ...toolsAsked(request),
    parallel: true,
    format: formatAsked(request),
    thoughts: thoughtsAsked(request),
    thinking: thinking ? thinking.type === 'enabled' : /reasoning/.test(model) && model !== 'reasoning',
    annotated: wantsCitations(request),
    logprobs: request.logprobs === true,
  }
}

/** The text of a message, its parts on lines of their own. Documents give their data. */
export function textOf({ content }: Message): string {
  if (content === undefined || typeof content === 'string') return content ?? ''
  return content
    .flatMap((part) => {
      if (part.type === 'text') return [part.text]
      if (part.type !== 'document') return []
      const { data } = part.document
      return [typeof data === 'string' ? data : JSON.stringify(data)]
    })
    .join('\n')
}

function echoOf({ messages }: ChatRequest): string {
  const last = messages.findLast(({ role }) => role === 'user' || role === 'tool') ?? messages.at(-1)!
  const parts = typeof last.content === 'object' ? last.content.map(({ type }) => type) : []
  return textOf(last) || `Received: ${parts.join(', ')}.`
}

function toolsAsked({ tools = [], tool_choice }: ChatRequest): Pick<Asked, 'tools' | 'calling'> {
  const offered = tools.map(
    ({ function: { name, parameters } }): OfferedTool => ({ type: 'function', name, schema: parameters }),
  )
  if (offered.length === 0 || tool_choice === 'NONE') return { tools: [], calling: 'never' }
  return { tools: offered, calling: tool_choice === 'REQUIRED' ? 'must' : 'may' }
}

function formatAsked({ response_format: format }: ChatRequest): AskedFormat {
  if (format?.type !== 'json_object') return { kind: 'text' }
  return format.json_schema ? { kind: 'schema', schema: format.json_schema } : { kind: 'json' }
}

/** A thought for each 1024 tokens of the budget, five at most; two where there is none. */
function thoughtsAsked({ thinking }: ChatRequest): number {
  if (thinking?.type === 'disabled') return 0
  return thinking?.token_budget === undefined ? 2 : Math.min(5, Math.ceil(thinking.token_budget / 1024))
}

/** Whoever gives documents, or results of tools, sees which of them were cited. */
function wantsCitations({ documents, messages, citation_options }: ChatRequest): boolean {
  const mode = citation_options?.mode
  if (mode === 'OFF' || mode === 'DISABLED') return false
  return documents !== undefined || messages.at(-1)!.role === 'tool'
}
