/**
 * NVIDIA's hosted models (NIM). Those of its own making are called `nvidia/…` there, so with the provider in front `nvidia/nvidia/…`.
 * https://docs.api.nvidia.com/nim/reference/llm-apis
 */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const nvidia = {
  id: 'nvidia',
  name: 'NVIDIA',
  // `nvidia/…` is also what Hugging Face and hosts of open models call them.
  sharesName: true,
  docs: 'https://docs.api.nvidia.com/nim/reference/llm-apis',
  baseUrl: 'https://integrate.api.nvidia.com',
  auth: { scheme: 'bearer' },
  paths: openaiPaths,
  chat: openaiChat({
    // The one cap that every server of open models knows.
    maxTokens: 'max_tokens',
    // The templates of open models know `system`; `developer` only a few of them.
    developerRole: 'system',
    // Open models know no `minimal`.
    efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  }),
  note: 'Models of its own making are called `nvidia/…` there, so `nvidia/nvidia/…` here. Where it is not configured, `nvidia/…` is a model’s name like any other.',
  environment: { key: ['NVIDIA_API_KEY'] },
} satisfies Provider
