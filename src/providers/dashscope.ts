/**
 * Alibaba Cloud Model Studio (DashScope), in Singapore. A key belongs to one region: `https://dashscope-us.aliyuncs.com` is Virginia,
 * `https://dashscope.aliyuncs.com` Beijing. https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope
 */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const dashscope = {
  id: 'dashscope',
  name: 'Alibaba Cloud Model Studio',
  docs: 'https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope',
  baseUrl: 'https://dashscope-intl.aliyuncs.com',
  auth: { scheme: 'bearer' },
  paths: { chat: '/compatible-mode/v1/chat/completions' },
  chat: openaiChat({
    // The output cap it documents.
    maxTokens: 'max_tokens',
    // Its roles are system, user, assistant and tool.
    developerRole: 'system',
    // Thinking is switched on and off, and has a budget.
    reasoning: 'switch',
    someReasoning: { enable_thinking: true },
    noReasoning: { enable_thinking: false },
    reasoningBudget: 'thinking_budget',
  }),
  note: 'A key belongs to one region. This address is Singapore; for another, set `network_config.base_url`: `https://dashscope-us.aliyuncs.com` (Virginia), `https://dashscope.aliyuncs.com` (Beijing).',
  environment: { key: ['DASHSCOPE_API_KEY'] },
  families: ['qwen', 'qwq-', 'qvq-'],
} satisfies Provider
