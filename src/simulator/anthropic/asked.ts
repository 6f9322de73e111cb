/** What a Messages request asks for. https://platform.claude.com/docs/en/api/messages/create */
import type { Asked, OfferedTool } from '../asked.ts'
import { blocksOf } from './blocks.ts'
import { thinks } from './check-model.ts'
import type { ClaudeRules, Effort } from './claude.ts'
import type { ContentBlock, CustomTool, MessagesRequest, Tool } from './request-schema.ts'

/** All that a model looks at. */
export function askedBy(request: MessagesRequest, rules: ClaudeRules): Asked {
  const schema = request.output_config?.format?.schema
  return {
    echo: echoOf(request),
    answered: lastBlocks(request).some(({ type }) => type === 'tool_result'),
    ...toolsAsked(request),
    format: schema ? { kind: 'schema', schema } : { kind: 'text' },
    thoughts: thoughtsAsked(request, rules),
    thinking: thinks(request, { rules }),
    annotated: wantsCitations(request),
  }
}

const lastBlocks = ({ messages }: MessagesRequest) => {
  const last = messages.findLast(({ role }) => role === 'user')
  return last ? blocksOf(last) : []
}

/** What the user, or a tool, said last. */
function echoOf(request: MessagesRequest): string {
  const blocks = lastBlocks(request)
  const text = blocks.flatMap(textsOf).join('\n')
  return text || `Received: ${blocks.map(({ type }) => type).join(', ')}.`
}

function textsOf(block: ContentBlock): string[] {
  if (block.type === 'text') return [block.text]
  if (block.type !== 'tool_result') return []
  if (typeof block.content === 'string') return block.content === '' ? [] : [block.content]
  return (block.content ?? []).flatMap((inner) => (inner.type === 'text' ? [inner.text] : []))
}

const isCustom = (tool: Tool): tool is CustomTool => 'input_schema' in tool

function toolsAsked({
  tools = [],
  tool_choice: choice,
}: MessagesRequest): Pick<Asked, 'tools' | 'calling' | 'parallel'> {
  const offered = tools
    .filter(isCustom)
    .map(({ name, input_schema }): OfferedTool => ({ type: 'function', name, schema: input_schema }))
  if (offered.length === 0 || choice?.type === 'none') return { tools: [], calling: 'never', parallel: false }
  const parallel = !choice?.disable_parallel_tool_use
  if (choice?.type === 'tool') {
    return { tools: offered.filter(({ name }) => name === choice.name), calling: 'must', parallel }
  }
  return { tools: offered, calling: choice?.type === 'any' ? 'must' : 'may', parallel }
}

const byEffort: Record<Effort, number> = { low: 1, medium: 2, high: 3, xhigh: 4, max: 5 }

/** A thought for each 1024 tokens of the budget, five at most; otherwise by effort. */
function thoughtsAsked({ thinking, output_config }: MessagesRequest, rules: ClaudeRules): number {
  if (thinking?.type === 'disabled' || thinking?.type === 'between_tools') return 0
  if (thinking?.type === 'enabled') return Math.min(5, Math.floor(thinking.budget_tokens / 1024))
  return byEffort[output_config?.effort ?? rules.effort]
}

/** Who searches the web, or gives documents to cite, wants to see what was cited. */
function wantsCitations(request: MessagesRequest): boolean {
  const searches = request.tools?.some(({ type }) => type?.startsWith('web_search_')) ?? false
  return searches || citedDocument(request) !== undefined
}

/** The first document that may be cited, and how many stand before it. */
export function citedDocument({ messages }: MessagesRequest) {
  const documents = messages.flatMap(blocksOf).flatMap((block) => (block.type === 'document' ? [block] : []))
  const index = documents.findIndex(({ citations }) => citations?.enabled === true)
  return index < 0 ? undefined : { document: documents[index]!, index }
}
