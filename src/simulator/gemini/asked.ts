/** What a generateContent request asks for. https://ai.google.dev/api/generate-content */
import type { Asked, AskedFormat, OfferedTool } from '../asked.ts'
import { countTokens } from '../tokens.ts'
import { jsonSchemaOf } from './check-schema.ts'
import {
  type Content,
  declarationsOf,
  type FunctionDeclaration,
  type FunctionResponse,
  type GenerateContentRequest,
  type GenerationConfig,
  type Part,
  type ThinkingConfig,
} from './request.ts'

/** All that a model looks at. */
export function askedBy(request: GenerateContentRequest): Asked {
  const { generationConfig: config = {}, tools = [] } = request
  const last = request.contents.findLast(({ role }) => role !== 'model') ?? request.contents[0]!
  const { thoughts, thinking } = thoughtsAsked(config.thinkingConfig ?? {})
  return {
    echo: textIn(last) || `Received: ${(last.parts ?? []).map((part) => Object.keys(part)[0]).join(', ')}.`,
    answered: (last.parts ?? []).some(({ functionResponse }) => functionResponse),
    ...toolsAsked(request),
    format: formatAsked(config),
    thoughts,
    thinking,
    annotated: tools.some((tool) => 'googleSearch' in tool || 'googleSearchRetrieval' in tool),
    audio: config.responseModalities?.includes('AUDIO') ?? false,
    logprobs: config.responseLogprobs === true,
  }
}

function toolsAsked(request: GenerateContentRequest): Pick<Asked, 'tools' | 'calling' | 'parallel'> {
  const { mode = 'AUTO', allowedFunctionNames: allowed = [] } = request.toolConfig?.functionCallingConfig ?? {}
  const declared = declarationsOf(request)
  const open = allowed.length > 0 ? declared.filter(({ name }) => allowed.includes(name ?? '')) : declared
  if (open.length === 0 || mode === 'NONE') return { tools: [], calling: 'never', parallel: true }
  return { tools: open.map(offerOf), calling: mode === 'ANY' ? 'must' : 'may', parallel: true }
}

function offerOf({ name = '', parameters, parametersJsonSchema }: FunctionDeclaration): OfferedTool {
  const schema = parametersJsonSchema ?? (parameters && jsonSchemaOf(parameters))
  return { type: 'function', name, ...(schema !== undefined && { schema }) }
}

function formatAsked({ responseMimeType, responseSchema, responseJsonSchema }: GenerationConfig): AskedFormat {
  if (responseMimeType !== 'application/json') return { kind: 'text' }
  const schema = responseJsonSchema ?? (responseSchema && jsonSchemaOf(responseSchema))
  return schema === undefined ? { kind: 'json' } : { kind: 'schema', schema }
}

const levels: Record<string, number> = { MINIMAL: 1, LOW: 1, MEDIUM: 2, HIGH: 3, XHIGH: 4 }

/** A thought for each 1024 tokens of the budget, five at most; otherwise by level. Whoever speaks of thinking wants it. */
function thoughtsAsked(config: ThinkingConfig): Pick<Asked, 'thoughts' | 'thinking'> {
  const { thinkingBudget: budget = -1, thinkingLevel: level = 'MEDIUM', includeThoughts } = config
  const asked = includeThoughts === true || budget > 0 || config.thinkingLevel !== undefined
  if (budget < 0) return { thoughts: levels[level] ?? 2, thinking: asked }
  return { thoughts: Math.min(5, Math.ceil(budget / 1024)), thinking: asked }
}

/** The text in content, each part on a line of its own. */
export function textIn({ parts = [] }: Content): string {
  return parts
    .flatMap(({ text, thought, functionResponse }) => {
      if (functionResponse) return [responseText(functionResponse)]
      return text === undefined || thought ? [] : [text]
    })
    .join('\n')
}

/** What a function gave back: its one text, or all of it as JSON. */
function responseText({ response = {} }: FunctionResponse): string {
  const [only, ...others] = Object.values(response)
  return typeof only === 'string' && others.length === 0 ? only : JSON.stringify(response)
}

export type Modality = 'TEXT' | 'IMAGE' | 'AUDIO' | 'VIDEO' | 'DOCUMENT'

/** How many tokens the prompt has, by what they are. */
export function countPrompt({ contents, systemInstruction, tools, cachedContent }: GenerateContentRequest) {
  const counts = new Map<Modality, number>([['TEXT', 3 + (tools ? countTokens(JSON.stringify(tools)) : 0)]])
  for (const { parts = [] } of [...(systemInstruction ? [systemInstruction] : []), ...contents]) {
    add(counts, 'TEXT', 3)
    for (const part of parts) add(counts, ...countPart(part))
  }
  const cached = cachedContent === undefined ? 0 : tokensInCache
  add(counts, 'TEXT', cached)
  return { counts, cached }
}

/** What a cache is said to hold. */
const tokensInCache = 2048

const add = (counts: Map<Modality, number>, modality: Modality, tokens: number) =>
  void counts.set(modality, (counts.get(modality) ?? 0) + tokens)

/** https://ai.google.dev/gemini-api/docs/tokens */
const fixed: readonly [type: RegExp, modality: Modality, tokens: number][] = [
  [/^image\//, 'IMAGE', 258],
  [/^audio\//, 'AUDIO', 320],
  [/^video\//, 'VIDEO', 2630],
  [/./, 'DOCUMENT', 258],
]

function countPart(part: Part): [Modality, number] {
  const media = part.inlineData ?? part.fileData
  if (media) {
    const [, modality, tokens] = fixed.find(([type]) => type.test(media.mimeType ?? 'file'))!
    return [modality, tokens]
  }
  const { functionCall: call, functionResponse: response } = part
  const text = part.text ?? JSON.stringify(call ?? response ?? part.executableCode ?? part.codeExecutionResult ?? {})
  return ['TEXT', countTokens(text)]
}
