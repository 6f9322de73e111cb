/**
 * What differs from model to model behind Converse: one table, by the names of the models.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
 */
import { claudeFormat, ownFormat } from './name.ts'

/** Parameters that some models take beside those of `inferenceConfig`. */
export type ModelField =
  | 'topK'
  | 'frequencyPenalty'
  | 'presencePenalty'
  | 'seed'
  | 'logitBias'
  | 'user'
  | 'parallelToolCalls'

/** How a model is told how much to think. */
export type Thinking =
  /** `thinking` with a budget of tokens. */
  | { readonly kind: 'budget' }
  /** `thinking: {type: "adaptive"}` beside `outputConfig.effort`; `only`: a budget is refused. */
  | { readonly kind: 'adaptive'; readonly only: boolean }
  /** Nova's `reasoningConfig`. */
  | { readonly kind: 'nova' }
  /** An effort under a name of its own. */
  | { readonly kind: 'effort'; readonly field: string }

export interface Family {
  readonly models: RegExp
  /** Has it a place for system prompts? Else they go in front of the first user's words. */
  readonly system: boolean
  /** Does it call tools in streams? */
  readonly streamedTools: boolean
  /** Can it be made to call one tool by name? Else that tool is offered alone. */
  readonly toolByName: boolean
  /** Where cache points may stand. `text`: behind texts of the system prompt and of messages. */
  readonly cachePoints: 'anywhere' | 'text' | 'nowhere'
  /** Does it take `toolResult.status`? Others refuse the field. */
  readonly resultStatus: boolean
  /** May a user say something in the turn that has results of tools? */
  readonly wordsBesideResults: boolean
  /** A schema for the answer: taken as such, or as the input of the one tool it must call. */
  readonly schema: 'native' | 'tool'
  /** Where in `additionalModelRequestFields` a parameter goes; names with a dot stand inside an object. */
  readonly fields: Readonly<Partial<Record<ModelField, string>>>
  readonly thinking: Thinking | undefined
  /** Does it take `temperature`, `topP` and `topK`? `one`: not the first two together. */
  readonly sampling: 'all' | 'one' | 'none'
  /** Which reasoning it takes back: what it signed, what came over this wire, or none. */
  readonly reasoningBack: 'signed' | 'own' | 'none'
  /** The format of the reasoning it gives. */
  readonly format: string
  /** The tool of its own that searches the web. */
  readonly searchTool: string | undefined
}

/** What is assumed of models that are not in the table. */
const usual = {
  system: true,
  streamedTools: true,
  toolByName: false,
  cachePoints: 'nowhere',
  resultStatus: false,
  wordsBesideResults: false,
  schema: 'native',
  fields: {},
  thinking: undefined,
  sampling: 'all',
  reasoningBack: 'own',
  format: ownFormat,
  searchTool: undefined,
} as const satisfies Omit<Family, 'models'>

/** https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html */
const claude = {
  ...usual,
  toolByName: true,
  cachePoints: 'anywhere',
  resultStatus: true,
  wordsBesideResults: true,
  fields: { topK: 'top_k' },
  reasoningBack: 'signed',
  format: claudeFormat,
} as const satisfies Omit<Family, 'models'>

/** https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html, https://docs.aws.amazon.com/nova/latest/userguide/grounding.html */
const nova = {
  ...usual,
  toolByName: true,
  cachePoints: 'text',
  resultStatus: true,
  schema: 'tool',
  fields: { topK: 'inferenceConfig.topK' },
} as const satisfies Omit<Family, 'models'>

/** The first whose pattern fits is the one. Prefixes of inference profiles (`us.`, `global.`) and ARNs stand in front of the names. */
const families: readonly Family[] = [
  // https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html
  {
    ...claude,
    models: /anthropic\.claude-(opus-4-6|sonnet-4-6)/,
    thinking: { kind: 'adaptive', only: false },
    sampling: 'one',
  },
  {
    ...claude,
    models: /anthropic\.claude-(opus-4-[7-9]|sonnet-4-[7-9]|mythos|fable|[a-z]+-([5-9]|\d\d))/,
    thinking: { kind: 'adaptive', only: true },
    sampling: 'none',
  },
  {
    ...claude,
    models: /anthropic\.claude-(opus|sonnet|haiku)-4-5/,
    thinking: { kind: 'budget' },
    sampling: 'one',
  },
  {
    ...claude,
    models: /anthropic\.claude-(opus-4|sonnet-4)/,
    schema: 'tool',
    thinking: { kind: 'budget' },
    sampling: 'one',
  },
  { ...claude, models: /anthropic\.claude-3-7-/, schema: 'tool', thinking: { kind: 'budget' } },
  { ...claude, models: /anthropic\.claude-/, schema: 'tool' },
  // https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
  { ...nova, models: /amazon\.nova-2-/, thinking: { kind: 'nova' }, searchTool: 'nova_grounding' },
  { ...nova, models: /amazon\.nova-premier/, searchTool: 'nova_grounding' },
  { ...nova, models: /amazon\.nova-/ },
  { ...usual, models: /amazon\.titan-/, system: false },
  { ...usual, models: /meta\.llama/, streamedTools: false },
  // https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html
  { ...usual, models: /mistral\.mi(x|s)tral-(7b|8x7b)/, system: false, fields: { topK: 'top_k' } },
  // https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
  {
    ...usual,
    models: /cohere\.command-r/,
    fields: { topK: 'k', frequencyPenalty: 'frequency_penalty', presencePenalty: 'presence_penalty', seed: 'seed' },
  },
  // https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-jamba.html
  {
    ...usual,
    models: /ai21\.jamba-1-5/,
    fields: { frequencyPenalty: 'frequency_penalty', presencePenalty: 'presence_penalty' },
  },
  // It refuses what it thought before: https://github.com/langchain-ai/langchain-aws/issues/401
  { ...usual, models: /deepseek\.r1/, reasoningBack: 'none' },
  {
    ...usual,
    models: /deepseek\./,
    thinking: { kind: 'effort', field: 'reasoning_effort' },
    reasoningBack: 'none',
  },
  // Every other field of a chat completion goes there: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
  {
    ...usual,
    models: /openai\./,
    fields: {
      frequencyPenalty: 'frequency_penalty',
      presencePenalty: 'presence_penalty',
      seed: 'seed',
      logitBias: 'logit_bias',
      user: 'user',
      parallelToolCalls: 'parallel_tool_calls',
    },
    thinking: { kind: 'effort', field: 'reasoning_effort' },
  },
  // Seen in requests that the console writes: https://github.com/danny-avila/LibreChat/issues/11974
  { ...usual, models: /(moonshotai|zai)\./, thinking: { kind: 'effort', field: 'reasoning_config' } },
  { ...usual, models: /writer\.palmyra/, streamedTools: false },
]

/** A name that says nothing: an application's inference profile, bought capacity. It is most likely one of the makers that cost most. */
const opaque: Family = { ...claude, models: /^arn:/, fields: {}, reasoningBack: 'own', format: ownFormat }

const other: Family = { ...usual, models: /(?:)/ }

const known = new Map<string, Family>()

/** The family of a model by its name, as Bedrock has it. */
export function familyOf(model: string): Family {
  let found = known.get(model)
  if (found === undefined) {
    const name = model.toLowerCase()
    found = families.find(({ models }) => models.test(name)) ?? (opaque.models.test(name) ? opaque : other)
    // Clients may send any name.
    if (known.size < 1000) known.set(model, found)
  }
  return found
}
