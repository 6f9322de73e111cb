/** Amazon Bedrock: the models of many makers behind one API, in many regions. https://docs.aws.amazon.com/bedrock/latest/APIReference/ */
import type { Lack } from '../core/capabilities.ts'
import type { Counting, PathTarget, PriceListing, Provider } from '../core/provider.ts'
import { converseCount } from '../dialects/bedrock-converse/count.ts'
import { bedrockConverse } from '../dialects/bedrock-converse/provider.ts'
import { claudeOnBedrock } from './claude-wires.ts'

/** The region of an ARN is where it is, whatever the key says. */
const arnRegion = /^arn:aws[a-z-]*:bedrock:([a-z0-9-]+):/

function regionalUrl({ model, region: own }: PathTarget): string | undefined {
  const region = arnRegion.exec(model)?.[1] ?? own
  if (region === undefined || !/^[a-z0-9-]+$/.test(region)) return undefined
  return `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

/** Models have colons in their names, and ARNs have slashes. */
function modelPath(model: string): string {
  return `/model/${encodeURIComponent(model)}`
}

/** Tokens are counted for a model, not for the profile it is called by. https://github.com/pydantic/pydantic-ai/issues/4001 */
function modelBehind(id: string): string {
  const name = id.slice(id.lastIndexOf('/') + 1)
  const model = name.replace(/^(us|eu|apac|jp|au|ca|sa|us-gov|global)\./, '')
  return model.includes('.') ? model : id
}

/**
 * What is behind the slashes of an ARN. Inference profiles keep their prefix: `global.` and `us.` have prices of their own, which is why the
 * name without a maker that Claude's replies have does not do.
 */
function priceOf({ model }: PathTarget): PriceListing | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1)
  return name.includes('.') ? { list: 'aws', model: name } : undefined
}

const features =
  'https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html'
const structured = 'https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html'

/** https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html, read on 2026-11-27 */
const lacks: readonly Lack[] = [
  {
    models: ['*amazon.titan-*', '*ai21.jamba-instruct*', '*mistral.mistral-7b*', '*mistral.mixtral-8x7b*'],
    refuse: ['tools', 'images', 'audio', 'video'],
    source: features,
  },
  { models: ['*deepseek.r1*'], refuse: ['tools', 'images', 'audio', 'video'], source: features },
  {
    models: ['*meta.llama3-2-1b*', '*meta.llama3-2-3b*', '*meta.llama3-8b*', '*meta.llama3-70b*'],
    refuse: ['tools'],
    source: features,
  },
  {
    models: [
      '*amazon.nova-micro*',
      '*cohere.command*',
      '*ai21.*',
      '*meta.llama3-1-*',
      '*meta.llama3-3-*',
      '*openai.gpt-oss-*',
    ],
    refuse: ['images', 'audio', 'video'],
    source: features,
  },
  { models: ['*amazon.nova-micro*', '*openai.gpt-oss-*'], refuse: ['files'], source: features },
  {
    models: [
      '*amazon.titan-*',
      '*ai21.*',
      '*cohere.*',
      '*meta.*',
      '*writer.*',
      '*mistral.mistral-7b*',
      '*mistral.mixtral-8x7b*',
      '*deepseek.r1*',
    ],
    refuse: ['json-schema'],
    source: structured,
  },
]

const converse = bedrockConverse()
const counting: Counting = {
  tokens: converseCount(converse),
  path: ({ model }) => `${modelPath(modelBehind(model))}/count-tokens`,
}

export const bedrock = {
  id: 'bedrock',
  name: 'Amazon Bedrock',
  docs: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html',
  regionalUrl,
  auth: { scheme: 'aws', service: 'bedrock' },
  // No list of models: that is at another host.
  paths: { chat: ({ model, stream }) => `${modelPath(model)}/${stream ? 'converse-stream' : 'converse'}` },
  chat: converse,
  count: counting,
  // What is counted may be in the form of Converse for Claude as well.
  wires: [{ ...claudeOnBedrock, count: counting }],
  note: 'The region stands in [`bedrock_key_config`](configuration.md#amazon-bedrock), and so does how to sign in: `access_key` and `secret_key`, a `role_arn` to take on, or nothing, which means what AWS’s own tools would find on this machine. A key with a `value` is a Bedrock API key. Models are called by their ids, by inference profiles (`us.…`, `global.…`) or by ARNs, whose region counts. Claude is spoken to on Anthropic’s own wire through InvokeModel, all others through Converse; an ARN whose name says nothing needs an alias with `"model_family": "anthropic"` where it is Claude’s. Fields of Converse (`guardrailConfig`, `performanceConfig`, `requestMetadata`, `promptVariables`, `additionalModelRequestFields`, `additionalModelResponseFieldPaths`, `outputConfig`) may be put into a request as they are.',
  environment: { key: ['AWS_BEARER_TOKEN_BEDROCK'], region: ['AWS_REGION', 'AWS_DEFAULT_REGION'] },
  lacks,
  prices: priceOf,
} satisfies Provider
