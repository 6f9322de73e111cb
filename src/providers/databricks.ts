/**
 * Databricks, at the host of a workspace: its models, and the external ones it serves.
 * https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference
 */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { isOwnClient, openaiQuirks, responsesWire } from './responses-wires.ts'

export const databricks = {
  id: 'databricks',
  name: 'Databricks',
  docs: 'https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference',
  needsKey: true,
  auth: { scheme: 'bearer' },
  // It lists endpoints, most of which are no chat models.
  paths: { chat: '/serving-endpoints/chat/completions' },
  chat: openaiChat({
    // The only output cap it documents.
    maxTokens: 'max_tokens',
    // Its roles are system, user, assistant and tool.
    developerRole: 'system',
  }),
  wires: [
    // OpenAI's models alone. https://docs.databricks.com/aws/en/machine-learning/model-serving/query-openai-responses
    responsesWire(
      { ...openaiQuirks, store: 'never' },
      {
        serves: (target) => isOwnClient(target) && /(?:^|[-.])gpt-\d/i.test(target.model),
        path: '/serving-endpoints/responses',
      },
    ),
  ],
  note: 'The address is the host of a workspace, and the model the name of a serving endpoint.',
  environment: { key: ['DATABRICKS_TOKEN'], baseUrl: ['DATABRICKS_HOST'], readBaseUrl: databricksUrl },
  families: ['databricks-'],
} satisfies Provider

/** A URL from what stands in `DATABRICKS_HOST`: a host, or a URL. A workspace speaks HTTPS alone. Throws where it is neither. */
export function databricksUrl(host: string): string {
  return new URL(/^https?:\/\//i.test(host) ? host : `https://${host}`).href.replace(/\/$/, '')
}
