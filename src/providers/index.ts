/** The list of providers: one file each, one line here. */
import type { Provider } from '../core/provider.ts'
import { anthropic } from './anthropic.ts'
import { azure } from './azure.ts'
import { cerebras } from './cerebras.ts'
import { cohere } from './cohere.ts'
import { deepseek } from './deepseek.ts'
import { fireworks } from './fireworks.ts'
import { gemini } from './gemini.ts'
import { github } from './github.ts'
import { groq } from './groq.ts'
import { huggingface } from './huggingface.ts'
import { mistral } from './mistral.ts'
import { nebius } from './nebius.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openrouter } from './openrouter.ts'
import { parasail } from './parasail.ts'
import { perplexity } from './perplexity.ts'
import { sgl } from './sgl.ts'
import { simulator } from './simulator.ts'
import { together } from './together.ts'
import { vllm } from './vllm.ts'
import { xai } from './xai.ts'

/** Every provider that is known by name, in alphabetical order. */
export const providers: readonly Provider[] = [
  anthropic,
  azure,
  cerebras,
  cohere,
  deepseek,
  fireworks,
  gemini,
  github,
  groq,
  huggingface,
  mistral,
  nebius,
  ollama,
  openai,
  openrouter,
  parasail,
  perplexity,
  sgl,
  simulator,
  together,
  vllm,
  xai,
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

/** May this stand in front of the slash of a model name? Providers that are not served so far as well: they have to be refused by name. */
export function isProviderId(id: string): boolean {
  return byId.has(id) || reservedIds.includes(id)
}
