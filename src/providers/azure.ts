/**
 * Azure OpenAI: deployments behind an endpoint of one's own.
 * https://learn.microsoft.com/en-us/azure/ai-services/openai/reference
 */
import type { PathTarget, Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { claudeOnAzure } from './claude-wires.ts'
import { openaiPrices, reasoningModelsLack } from './openai.ts'
import { hasOnlyResponses, isOwnClient, openaiQuirks, responsesCounting, responsesWire } from './responses-wires.ts'

/** The newest generally available version of the deployment paths. */
const defaultApiVersion = '2024-10-21'

/** What an Entra token is asked for where the key does not say: the public cloud's Azure OpenAI. */
export const azureScope = 'https://cognitiveservices.azure.com/.default'

function chatPath({ model, apiVersion }: PathTarget): string {
  const version = encodeURIComponent(apiVersion ?? defaultApiVersion)
  return `/openai/deployments/${encodeURIComponent(model)}/chat/completions?api-version=${version}`
}

/** The first of the dated versions that has Responses. */
const firstWithResponses = '2025-03-01-preview'

/**
 * The newer address needs no version, and has the deployment in the body. Whoever asks for a dated version that has Responses gets the older
 * one. https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle
 */
function responsesPath(operation: string): (target: PathTarget) => string {
  return ({ apiVersion }) => {
    const isDated = /^\d/.test(apiVersion ?? '')
    if (isDated && apiVersion! < firstWithResponses) return `/openai/v1${operation}`
    const query = apiVersion === undefined ? '' : `?api-version=${encodeURIComponent(apiVersion)}`
    return `/openai${isDated ? '' : '/v1'}${operation}${query}`
  }
}

const counting = responsesCounting(responsesPath('/responses/input_tokens'))

export const azure = {
  id: 'azure',
  name: 'Azure OpenAI',
  docs: 'https://learn.microsoft.com/en-us/azure/ai-services/openai/reference',
  auth: { scheme: 'azure' },
  // No list of models: Azure's names what could be deployed, not the deployments that can be called.
  paths: { chat: chatPath },
  chat: openaiChat({
    // The same models with the same limits as OpenAI's own.
    minimumMaxTokens: 16,
    maximumUserLength: 64,
    // API version 2024-10-21 has no `developer` role; reasoning models read `system` as such.
    developerRole: 'system',
  }),
  wires: [
    claudeOnAzure,
    responsesWire(openaiQuirks, {
      serves: (target) => isOwnClient(target) || hasOnlyResponses(target),
      path: responsesPath('/responses'),
      count: counting,
      keepsState: true,
    }),
  ],
  count: counting,
  // Of deployments that are named for their models; what others lack the name does not tell.
  lacks: reasoningModelsLack,
  note: 'It calls deployments: the model is the deployment’s name, or is mapped to it by [aliases](configuration.md#azure). Keys, Entra applications, managed and workload identities can sign in. The API version is the request’s, the key’s, or what `AZURE_OPENAI_API_VERSION` or `OPENAI_API_VERSION` says; else 2024-10-21; Responses go to `/openai/v1/responses`, or to `/openai/responses` where a dated version from 2025-03-01-preview on is asked for. Claude is spoken to on Anthropic’s own wire, at the address of a Foundry resource (`https://RESOURCE.services.ai.azure.com`): where the model or the deployment has `claude` in its name, or its alias says `"model_family": "anthropic"`.',
  prices: openaiPrices('azure'),
  environment: {
    key: ['AZURE_OPENAI_API_KEY'],
    baseUrl: ['AZURE_OPENAI_ENDPOINT'],
    apiVersion: ['AZURE_OPENAI_API_VERSION', 'OPENAI_API_VERSION'],
  },
} satisfies Provider
