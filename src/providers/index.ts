/** The list of providers: one file each, one line here. */
import type { Provider } from '../core/provider.ts'
import { anthropic } from './anthropic.ts'
import { azure } from './azure.ts'
import { bedrock } from './bedrock.ts'
import { cerebras } from './cerebras.ts'
import { cloudflare } from './cloudflare.ts'
import { cohere } from './cohere.ts'
import { dashscope } from './dashscope.ts'
import { databricks } from './databricks.ts'
import { deepinfra } from './deepinfra.ts'
import { deepseek } from './deepseek.ts'
import { fireworks } from './fireworks.ts'
import { gemini } from './gemini.ts'
import { github } from './github.ts'
import { groq } from './groq.ts'
import { huggingface } from './huggingface.ts'
import { hyperbolic } from './hyperbolic.ts'
import { minimax } from './minimax.ts'
import { mistral } from './mistral.ts'
import { moonshot } from './moonshot.ts'
import { nebius } from './nebius.ts'
import { novita } from './novita.ts'
import { nvidia } from './nvidia.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openrouter } from './openrouter.ts'
import { parasail } from './parasail.ts'
import { perplexity } from './perplexity.ts'
import { replicate } from './replicate.ts'
import { sambanova } from './sambanova.ts'
import { sgl } from './sgl.ts'
import { simulator } from './simulator.ts'
import { snowflake } from './snowflake.ts'
import { together } from './together.ts'
import { vertex } from './vertex.ts'
import { vllm } from './vllm.ts'
import { watsonx } from './watsonx.ts'
import { xai } from './xai.ts'
import { zhipu } from './zhipu.ts'

/** Every provider that is known by name, in alphabetical order. */
export const providers: readonly Provider[] = [
  anthropic,
  azure,
  bedrock,
  cerebras,
  cloudflare,
  cohere,
  dashscope,
  databricks,
  deepinfra,
  deepseek,
  fireworks,
  gemini,
  github,
  groq,
  huggingface,
  hyperbolic,
  minimax,
  mistral,
  moonshot,
  nebius,
  novita,
  nvidia,
  ollama,
  openai,
  openrouter,
  parasail,
  perplexity,
  replicate,
  sambanova,
  sgl,
  simulator,
  snowflake,
  together,
  vertex,
  vllm,
  watsonx,
  xai,
  zhipu,
]

/** Every identifier that a configuration file or a model name may have; which of them are served is told by the list above. */
export const reservedIds: readonly string[] = [
  ...['openai', 'azure', 'anthropic', 'bedrock', 'vertex', 'gemini', 'cohere', 'openrouter', 'xai', 'replicate'],
  ...['mistral', 'groq', 'cerebras', 'parasail', 'nebius', 'huggingface', 'fireworks', 'perplexity', 'ollama', 'sgl'],
  ...['vllm', 'elevenlabs', 'runway', 'bedrock_mantle', 'deepseek', 'opencode-go', 'opencode-zen', 'runware'],
  ...['sarvam', 'wafer', 'zro', 'databricks', 'github-copilot', 'typesafe', 'deepgram'],
]

const byId = new Map(providers.map((provider) => [provider.id, provider]))

/** The provider of that id, in the case it is listed in. */
export function findProvider(id: string): Provider | undefined {
  return byId.get(id)
}

/**
 * Does this in front of the slash of a model name mean a provider, even where that is not configured? Those that are not served so far as
 * well: they have to be refused by name.
 */
export function isProviderId(id: string): boolean {
  const provider = byId.get(id)
  return provider === undefined ? reservedIds.includes(id) : provider.sharesName !== true
}
