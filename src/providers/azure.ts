/**
 * Azure OpenAI: deployments behind an endpoint of one's own.
 * https://learn.microsoft.com/en-us/azure/ai-services/openai/reference
 */
import type { PathTarget, Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

/** The newest generally available version of the deployment paths. */
const defaultApiVersion = '2024-10-21'

/** What an Entra token is asked for where the key does not say: the public cloud's Azure OpenAI. */
export const azureScope = 'https://cognitiveservices.azure.com/.default'

function chatPath({ model, apiVersion }: PathTarget): string {
  const version = encodeURIComponent(apiVersion ?? defaultApiVersion)
  return `/openai/deployments/${encodeURIComponent(model)}/chat/completions?api-version=${version}`
}

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
  environment: {
    key: ['AZURE_OPENAI_API_KEY'],
    baseUrl: ['AZURE_OPENAI_ENDPOINT'],
    apiVersion: ['AZURE_OPENAI_API_VERSION', 'OPENAI_API_VERSION'],
  },
} satisfies Provider
