/** What a request for a response asks for. https://platform.openai.com/docs/api-reference/responses/create */
import type { Asked, AskedFormat, OfferedTool } from '../asked.ts'
import type { Conversation } from './check-conversation.ts'
import type { Item } from './item-schema.ts'
import { answeredBy, partsOf, textIn } from './items.ts'
import type { ResponseRequest } from './request-schema.ts'
import { kindOfTool, mustCall, toolsOffered } from './tools.ts'

/** All that a model looks at. */
export function askedBy(request: ResponseRequest, conversation: Conversation): Asked {
  const all = [...conversation.history, ...conversation.input]
  return {
    echo: echoOf(all),
    answered: isResult(all.at(-1)),
    ...toolsAsked(request),
    format: formatAsked(request),
    thoughts: efforts[request.reasoning?.effort ?? 'medium'] ?? 2,
    thinking: false,
    annotated: toolsOffered(request).some(({ type }) => kindOfTool(type).startsWith('web_search')),
    logprobs: request.include?.includes('message.output_text.logprobs') ?? false,
  }
}

const efforts: Record<string, number> = { none: 0, minimal: 1, low: 1, high: 3, xhigh: 4, max: 5 }

const isResult = (item: Item | undefined) => item !== undefined && answeredBy(item.type) !== undefined

/** What the user, or a tool, said last. */
function echoOf(items: readonly Item[]): string {
  const last = items.findLast((item) => item.role === 'user' || isResult(item)) ?? items.at(-1)
  if (!last) return 'Received nothing.'
  const text = typeof last.output === 'string' ? last.output : textIn(last)
  return (
    text ||
    `Received: ${
      partsOf(last)
        .map(({ type }) => type)
        .join(', ') || last.type
    }.`
  )
}

function formatAsked({ text }: ResponseRequest): AskedFormat {
  if (text?.format?.type === 'json_schema') return { kind: 'schema', schema: text.format.schema }
  return { kind: text?.format?.type === 'json_object' ? 'json' : 'text' }
}

function toolsAsked(request: ResponseRequest): Pick<Asked, 'tools' | 'calling' | 'parallel'> {
  const tools = toolsOffered(request).flatMap(({ type, name = '', parameters }): OfferedTool[] => {
    if (type === 'custom') return [{ type, name }]
    return type === 'function' ? [{ type, name, schema: parameters ?? undefined }] : []
  })
  const parallel = request.parallel_tool_calls !== false
  if (tools.length === 0) return { tools, calling: 'never', parallel }
  return { tools, calling: mustCall(request) ? 'must' : 'may', parallel }
}
