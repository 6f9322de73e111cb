/**
 * IBM watsonx.ai, through its model gateway, which speaks as OpenAI does and knows projects from its own setup. The address is that of a
 * region, such as `https://us-south.ml.cloud.ibm.com`, and the key is one of IBM Cloud.
 * https://www.ibm.com/docs/en/watsonx/saas?topic=preview-accessing-models-through-model-gateway
 */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const watsonx = {
  id: 'watsonx',
  name: 'IBM watsonx.ai',
  docs: 'https://www.ibm.com/docs/en/watsonx/saas?topic=preview-accessing-models-through-model-gateway',
  needsKey: true,
  auth: { scheme: 'bearer' },
  paths: { chat: '/ml/gateway/v1/chat/completions', models: '/ml/gateway/v1/models' },
  // Who is behind the gateway may be anybody, so nothing is left out.
  chat: openaiChat(),
  note: 'The address is that of a region, such as `https://us-south.ml.cloud.ibm.com`. Calls go through the model gateway, which has to be set up there and knows the project; the key is one of IBM Cloud.',
  environment: { key: ['WATSONX_APIKEY'], baseUrl: ['WATSONX_URL'] },
} satisfies Provider
