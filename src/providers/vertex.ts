/**
 * Google Vertex AI, which Google now calls the Gemini Enterprise Agent Platform: Gemini, Claude, and open models in a project of one's own.
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 */
import type { PathTarget, PriceListing, Provider, Wire } from '../core/provider.ts'
import { geminiCount } from '../dialects/gemini/count.ts'
import { readPublisherModels } from '../dialects/gemini/model-list.ts'
import { modelName } from '../dialects/gemini/models.ts'
import { gemini as generateContent } from '../dialects/gemini/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { claudeOnVertex } from './claude-wires.ts'
import { generateAction } from './gemini.ts'

/** Locations that are several regions. https://docs.cloud.google.com/vertex-ai/generative-ai/docs/learn/locations */
const multiRegions: ReadonlySet<string> = new Set(['us', 'eu'])

/** Without a project there is no location either: that is express mode. */
function regionalUrl({ project, region = 'global' }: PathTarget): string | undefined {
  if (project === undefined || region === 'global') return 'https://aiplatform.googleapis.com'
  if (!/^[\w-]+$/.test(region)) return undefined
  if (multiRegions.has(region)) return `https://aiplatform.${region}.rep.googleapis.com`
  return `https://${region}-aiplatform.googleapis.com`
}

function locationPath({ project = '', region = 'global' }: PathTarget): string {
  return `/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(region)}`
}

/** Endpoints of one's own have numbers for names. */
function isEndpoint({ model }: PathTarget): boolean {
  return /^\d+$/.test(model)
}

/** https://docs.cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/overview */
function modelPath(target: PathTarget): string {
  if (isEndpoint(target)) return `${locationPath(target)}/endpoints/${target.model}`
  const model = `/publishers/google/models/${encodeURIComponent(modelName(target.model))}`
  return target.project === undefined ? `/v1${model}` : locationPath(target) + model
}

function isGoogles({ family, model }: PathTarget): boolean {
  if (family !== undefined) return /gemini|google|gemma/i.test(family)
  return /^(?:google|publishers\/google|models)\//.test(model) || !model.includes('/')
}

/**
 * Models of other publishers, by `publisher/model`, and endpoints of one's own that hold an open model.
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/maas/call-open-model-apis
 */
const openModels: Wire = {
  serves: (target) => !isGoogles(target) || (isEndpoint(target) && target.family === undefined),
  chat: openaiChat({
    // https://docs.cloud.google.com/vertex-ai/generative-ai/docs/migrate/openai/overview
    maxTokens: 'max_tokens',
    developerRole: 'system',
  }),
  path: (target) =>
    `${locationPath(target)}/endpoints/${isEndpoint(target) ? target.model : 'openapi'}/chat/completions`,
}

/** The list has what global endpoints cost. Claude is a tenth dearer in a region, from Sonnet 4.5 on. https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai */
function vertexPrices({ model, region = 'global' }: PathTarget): PriceListing {
  const name = model.slice(model.lastIndexOf('/') + 1)
  const isClaude = /^claude-/i.test(name) && !/^claude-(?:3|(?:opus|sonnet)-4(?:-[01])?(?:@|$))/i.test(name)
  return { list: 'google', model: name, ...(isClaude && region !== 'global' ? { factor: 1_100_000 } : {}) }
}

export const vertex = {
  id: 'vertex',
  name: 'Google Vertex AI',
  docs: 'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference',
  regionalUrl,
  auth: { scheme: 'google' },
  paths: {
    chat: (target) => `${modelPath(target)}:${generateAction(target)}`,
    models: '/v1beta1/publishers/google/models?pageSize=200',
  },
  readModels: readPublisherModels,
  chat: generateContent('vertex-ai'),
  count: { tokens: geminiCount('vertex-ai'), path: (target) => `${modelPath(target)}:countTokens` },
  wires: [claudeOnVertex, openModels],
  prices: vertexPrices,
  note: 'The project and the region stand in [`vertex_key_config`](configuration.md#vertex-ai), and so does the account; without one it is what the machine is (Application Default Credentials). `GOOGLE_CLOUD_PROJECT` and `GOOGLE_CLOUD_LOCATION` together configure it when no file does. Without a region it is `global`; `us` and `eu` are several regions. A key with a `value` and no project is an API key in express mode. Claude is spoken to on Anthropic’s own wire; models of other publishers (`meta/llama-…`) and endpoints of one’s own (their number) on OpenAI’s; a tuned Gemini at such an endpoint needs an alias with `"model_family": "gemini"`.',
  environment: { project: ['GOOGLE_CLOUD_PROJECT'], region: ['GOOGLE_CLOUD_LOCATION'] },
} satisfies Provider
