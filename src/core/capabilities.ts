/**
 * What models cannot take, as data, and what becomes of a request that asks for it: what only says how is left out and named, what the answer
 * depends on is refused, so that a fallback may serve it.
 */
import type { Block, ChatRequest } from './chat.ts'
import type { RequestText } from './dialect.ts'
import { GatewayError } from './errors.ts'
import type { Json, JsonObject } from './json.ts'
import { members } from './json-text.ts'
import { RequestEdits } from './request-edits.ts'

/** One thing that some or all models of a provider lack. */
export interface Lack {
  /** Names of models as the provider has them, in any case; `*` stands for any letters. */
  readonly models: readonly string[]
  /** Names that are not meant, though they look like it. */
  readonly except?: readonly string[]
  /** Only where the request asks for thinking. */
  readonly thinking?: true
  /** Left out and named. */
  readonly drop?: readonly OptionalField[]
  /** Refused with 400. */
  readonly refuse?: readonly Feature[]
  /** The page that says so. */
  readonly source: string
}

/** Fields an answer can do without, by their names in a chat completion request, and as the canonical form has them. */
const optionalFields = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  logit_bias: 'logitBias',
  logprobs: 'logprobs',
  top_logprobs: 'topLogprobs',
  seed: 'seed',
  parallel_tool_calls: 'parallelToolCalls',
  reasoning: 'reasoning',
  verbosity: 'verbosity',
} as const satisfies Record<string, keyof ChatRequest>

export type OptionalField = keyof typeof optionalFields

/** All names of a wish to think. */
const reasoningNames = ['reasoning', 'reasoning_effort', 'reasoning_max_tokens', 'reasoning_display']

/** What a request asks for, seen from outside: each is looked up only when a model lacks something. */
export interface RequestUses {
  /** Where the first part of a kind stands in the messages. */
  part(kind: PartKind): string | undefined
  readonly tools: boolean
  /** `forced`: a tool must be called. */
  readonly toolChoice: 'none' | 'auto' | 'forced' | undefined
  readonly format: 'json-object' | 'json-schema' | undefined
  readonly stop: boolean
  /** How many answers. */
  readonly choices: number
  readonly thinking: boolean
}

export type PartKind = 'image' | 'audio' | 'video' | 'file'

interface FeatureRule {
  /** What it is called on pages. */
  readonly name: string
  /** Where a request asks for it. */
  where(uses: RequestUses): string | undefined
  /** What it is, after the path. */
  readonly says: string
  /** What a client can do besides choosing another model. */
  readonly instead: string
}

const partRule = (kind: PartKind, says: string): FeatureRule => ({
  name: `${says.replace(/^an? /, '')}s in messages`,
  where: (uses) => uses.part(kind),
  says: `is ${says}`,
  instead: 'Leave it out',
})

/** What a request may depend on. */
export const features = {
  images: partRule('image', 'an image'),
  audio: partRule('audio', 'a sound'),
  video: partRule('video', 'a video'),
  files: partRule('file', 'a file'),
  tools: {
    name: 'tools',
    where: (uses) => (uses.tools ? 'tools' : undefined),
    says: 'has tools',
    instead: 'Leave them out',
  },
  'forced-tools': {
    name: '`tool_choice` that forces a call',
    where: (uses) => (uses.toolChoice === 'forced' ? 'tool_choice' : undefined),
    says: 'forces a tool to be called',
    instead: 'Use "auto"',
  },
  'unused-tools': {
    name: '`tool_choice: "none"`',
    where: (uses) => (uses.toolChoice === 'none' ? 'tool_choice' : undefined),
    says: 'forbids all tools',
    instead: 'Leave the tools out',
  },
  'json-schema': {
    name: '`response_format` with a schema',
    where: (uses) => (uses.format === 'json-schema' ? 'response_format' : undefined),
    says: 'asks for an answer by a JSON schema',
    instead: 'Use {"type":"json_object"} and describe the shape in a message',
  },
  'json-object': {
    name: '`response_format: {"type":"json_object"}`',
    where: (uses) => (uses.format === 'json-object' ? 'response_format' : undefined),
    says: 'asks for an answer in JSON',
    instead: 'Ask for it in a message',
  },
  choices: {
    name: '`n` above 1',
    where: (uses) => (uses.choices > 1 ? 'n' : undefined),
    says: 'asks for several answers',
    instead: 'Ask for one',
  },
  stop: {
    name: '`stop`',
    where: (uses) => (uses.stop ? 'stop' : undefined),
    says: 'has stop sequences',
    instead: 'Leave them out',
  },
} as const satisfies Record<string, FeatureRule>

export type Feature = keyof typeof features

/** What one model lacks, of all that its provider's models lack; undefined where that is nothing. */
export function lacksOf(lacks: readonly Lack[] | undefined, model: string): readonly Lack[] | undefined {
  if (lacks === undefined) return undefined
  const found = lacks.filter(({ models, except }) => matches(models, model) && !matches(except, model))
  return found.length === 0 ? undefined : found
}

const patterns = new WeakMap<readonly string[], RegExp>()

function matches(names: readonly string[] | undefined, model: string): boolean {
  if (names === undefined) return false
  let pattern = patterns.get(names)
  if (pattern === undefined) {
    const alternatives = names.map((name) => name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*'))
    pattern = new RegExp(`^(?:${alternatives.join('|')})$`, 'is')
    patterns.set(names, pattern)
  }
  return pattern.test(model)
}

/** Whom a refusal is about. */
export interface Refuser {
  readonly provider: string
  readonly model: string
}

/** A request that its model can take, and what was left out of it. */
export interface Fitted<Request> {
  readonly request: Request
  readonly dropped: readonly string[]
}

/** Throws `invalid-request` for what the model lacks and the request depends on. */
export function fitText(
  request: RequestText,
  lacks: readonly Lack[],
  uses: RequestUses,
  refuser: Refuser,
): Fitted<RequestText> {
  const edits = new RequestEdits(request)
  let { include } = request.body
  for (const field of unwantedFields(lacks, uses, refuser)) {
    if (field === 'reasoning') for (const name of reasoningNames) edits.drop(name)
    else edits.drop(field)
    if (field === 'logprobs') include = dropIncluded(edits, includedLogprobs)
  }
  if (edits.dropped.length === 0) return { request, dropped: [] }
  const { text, dropped } = edits.finish()
  // Only members are changed: reading a long body again would be dear.
  const body: JsonObject = { ...request.body }
  for (const name of dropped) delete body[name]
  if (include === undefined) delete body['include']
  else body['include'] = include
  return { request: { text, members: members(text), body }, dropped }
}

/** Responses requests ask for them by this word. */
const includedLogprobs = 'message.output_text.logprobs'

/** What is left of the list; undefined where that is nothing. */
function dropIncluded(edits: RequestEdits, value: string): Json | undefined {
  const { include } = edits.body
  const at = Array.isArray(include) ? include.indexOf(value) : -1
  if (!Array.isArray(include) || at === -1) return include
  edits.dropped.push(`include[${at}]`)
  const left = include.filter((one) => one !== value)
  if (left.length > 0) edits.set('include', JSON.stringify(left))
  else edits.remove('include')
  return left.length > 0 ? left : undefined
}

/** The same for a request in the canonical form. */
export function fitChat(request: ChatRequest, lacks: readonly Lack[], refuser: Refuser): Fitted<ChatRequest> {
  const dropped: string[] = []
  const fitted = { ...request }
  for (const field of unwantedFields(lacks, usesOfChat(request), refuser)) {
    const key = optionalFields[field]
    if (fitted[key] === undefined) continue
    dropped.push(field === 'reasoning' && fitted.reasoning?.effort !== undefined ? 'reasoning_effort' : field)
    delete fitted[key]
  }
  return dropped.length === 0 ? { request, dropped } : { request: fitted, dropped }
}

/** Fields that have to go. */
function unwantedFields(lacks: readonly Lack[], uses: RequestUses, refuser: Refuser): Set<OptionalField> {
  const fields = new Set<OptionalField>()
  for (const { thinking, drop = [], refuse = [] } of lacks) {
    if (thinking === true && !uses.thinking) continue
    for (const feature of refuse) refuseIfUsed(features[feature], uses, refuser)
    for (const field of drop) fields.add(field)
  }
  return fields
}

function refuseIfUsed(rule: FeatureRule, uses: RequestUses, { provider, model }: Refuser): void {
  const param = rule.where(uses)
  if (param === undefined) return
  const code = /^(?:messages|input)\b/.test(param) ? 'unsupported_content' : 'unsupported_parameter'
  const message = `${param} ${rule.says}, which model ${model} of ${provider} cannot do. ${rule.instead}, or choose another model.`
  throw new GatewayError('invalid-request', message, { param, code, remedy: 'fallback' })
}

/** What a request in the canonical form asks for. */
export function usesOfChat(request: ChatRequest): RequestUses {
  const { messages, tools, toolChoice, responseFormat, stop, n, reasoning } = request
  return {
    part: (kind) => partOf(messages, kind),
    tools: tools !== undefined && tools.length > 0,
    toolChoice:
      toolChoice === undefined
        ? undefined
        : toolChoice.mode === 'none' || toolChoice.mode === 'auto'
          ? toolChoice.mode
          : toolChoice.mode === 'allowed' && toolChoice.among === 'auto'
            ? 'auto'
            : 'forced',
    format:
      responseFormat?.type === 'json-schema' || responseFormat?.type === 'json-object'
        ? responseFormat.type
        : undefined,
    stop: stop !== undefined && stop.length > 0,
    choices: n ?? 1,
    thinking: asksForThinking(reasoning ?? {}),
  }
}

/** Is thinking wished for, in any of the words for it? */
export function asksForThinking(wish: {
  readonly enabled?: boolean
  readonly effort?: string
  readonly maxTokens?: number
}): boolean {
  const { enabled, effort, maxTokens } = wish
  if (enabled === false || effort === 'none' || maxTokens === 0) return false
  return enabled === true || effort !== undefined || maxTokens !== undefined
}

function partOf(messages: ChatRequest['messages'], kind: PartKind): string | undefined {
  for (const [index, { content }] of messages.entries()) {
    // What another provider made in an earlier turn is left out where it cannot be shown.
    const found = content.findIndex((block: Block) => block.type === kind && block.dialect === undefined)
    if (found !== -1) return `messages[${index}].content[${found}]`
  }
  return undefined
}
