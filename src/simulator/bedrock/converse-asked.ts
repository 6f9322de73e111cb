/** What a Converse request asks for. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */

import { readJson } from '../../core/parse-json.ts'
import type { ClaudeRules } from '../anthropic/claude.ts'
import type { Asked, AskedFormat, OfferedTool } from '../asked.ts'
import { countTokens } from '../tokens.ts'
import type { Conversation } from './check-converse.ts'
import { thinkingOf, thinks } from './check-model-settings.ts'
import type { ContentBlock, ConverseRequest, Message, ResultBlock, SystemBlock } from './converse-request.ts'

/** All that a model looks at. */
export function askedBy(request: Conversation, claude: ClaudeRules | undefined): Asked {
  const last = request.messages.findLast(({ role }) => role === 'user')!
  return {
    echo: textIn(last.content) || `Received: ${last.content.map((block) => Object.keys(block)[0]).join(', ')}.`,
    answered: last.content.some(({ toolResult }) => toolResult),
    ...toolsAsked(request),
    format: formatAsked(request),
    thoughts: thoughtsAsked(request),
    thinking: thinks(request, claude),
    annotated: request.messages.some(({ content }) => content.some(wantsCitations)),
  }
}

const wantsCitations = ({ document, searchResult }: ContentBlock) =>
  document?.citations?.enabled === true || searchResult?.citations?.enabled === true

function toolsAsked({ toolConfig, ...request }: Conversation): Pick<Asked, 'tools' | 'calling' | 'parallel'> {
  const { auto: _, any, tool } = toolConfig?.toolChoice ?? {}
  const offered = (toolConfig?.tools ?? []).flatMap(({ toolSpec }): OfferedTool[] =>
    toolSpec ? [{ type: 'function', name: toolSpec.name, schema: toolSpec.inputSchema.json }] : [],
  )
  const tools = tool ? offered.filter(({ name }) => name === tool.name) : offered
  const parallel = additional(request)['tool_choice']?.['disable_parallel_tool_use'] !== true
  return { tools, calling: tools.length === 0 ? 'never' : (any ?? tool) ? 'must' : 'may', parallel }
}

function formatAsked({ outputConfig }: ConverseRequest): AskedFormat {
  const text = outputConfig?.textFormat?.structure.jsonSchema.schema
  return text === undefined ? { kind: 'text' } : { kind: 'schema', schema: readJson(text) as unknown }
}

const efforts: Record<string, number> = { low: 1, medium: 2, high: 3, xhigh: 4, max: 5 }

/** A thought for each 1024 tokens of the budget, five at most; otherwise by effort. */
function thoughtsAsked(request: ConverseRequest): number {
  const fields = additional(request)
  if (fields['thinking']?.['type'] === 'disabled') return 0
  const thinking = thinkingOf(request)
  if (thinking?.type === 'enabled') return Math.min(5, Math.floor(thinking.budget_tokens / 1024))
  return efforts[String(request.outputConfig?.effort ?? fields['output_config']?.['effort'] ?? 'medium')] ?? 2
}

type Fields = Record<string, Record<string, unknown> | undefined>

const additional = ({ additionalModelRequestFields }: ConverseRequest) => (additionalModelRequestFields ?? {}) as Fields

/** The text in content, each block on a line of its own. */
export function textIn(content: readonly ContentBlock[]): string {
  return content.flatMap(linesOf).join('\n')
}

function linesOf({ text, guardContent, toolResult, citationsContent }: ContentBlock): string[] {
  if (toolResult) return toolResult.content.map(resultText).filter((line) => line !== '')
  const cited = citationsContent?.content?.map((part) => part.text)
  return cited ?? [text ?? guardContent?.text?.text ?? []].flat()
}

const resultText = ({ text, json }: ResultBlock) => text ?? (json === undefined ? '' : JSON.stringify(json))

/** How many tokens the prompt has, and how many of them stand before a cache point. */
export interface PromptTokens {
  total: number
  cacheable: number
  /** How long what is cached lives. */
  ttl: '5m' | '1h'
}

/** Text by its tokens, everything else by fixed rules. Tools come first, then the system, then the messages. */
export function countPrompt({ toolConfig, system = [], messages }: Conversation): PromptTokens {
  const blocks = [
    ...(toolConfig?.tools ?? []).map((tool) => ({
      tokens: countTokens(JSON.stringify(tool)),
      cachePoint: tool.cachePoint,
    })),
    ...system.map(countBlock),
    ...messages.flatMap(countMessage),
  ]
  const counted: PromptTokens = { total: 3, cacheable: 0, ttl: '5m' }
  for (const { tokens, cachePoint } of blocks) {
    if (!cachePoint) counted.total += tokens
    else Object.assign(counted, { cacheable: counted.total, ttl: cachePoint.ttl ?? '5m' })
  }
  return counted
}

const countMessage = ({ content }: Message) => [{ tokens: 3, cachePoint: undefined }, ...content.map(countBlock)]

const fixed: [keyof ContentBlock, number][] = [
  ['image', 765],
  ['video', 1000],
  ['audio', 200],
]

function countBlock(block: ContentBlock | SystemBlock) {
  const { toolUse, document, searchResult, reasoningContent, toolResult }: ContentBlock = block
  const text = textIn([block])
  const weights = fixed.map(([kind, tokens]) => (kind in block ? tokens : 0))
  const media = (toolResult?.content ?? []).map(({ image, document }) => (image ? 765 : document ? 100 : 0))
  const json = [
    toolUse?.input,
    searchResult,
    document?.source.text,
    document?.source.content,
    reasoningContent?.reasoningText?.text,
  ]
  const written = json.map((value) => (value === undefined ? 0 : countTokens(JSON.stringify(value))))
  const file = document ? 100 + Math.ceil((document.source.bytes?.length ?? 0) / 400) : 0
  const tokens = [...weights, ...media, ...written, file].reduce((sum, one) => sum + one, countTokens(text))
  return { tokens, cachePoint: block.cachePoint }
}
