/** Anthropic, through its layer for OpenAI clients. https://platform.claude.com/docs/en/api/openai-sdk */
import type { Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'

export const anthropic = {
  id: 'anthropic',
  name: 'Anthropic',
  docs: 'https://platform.claude.com/docs/en/api/openai-sdk',
  baseUrl: 'https://api.anthropic.com',
  auth: { scheme: 'bearer' },
  // Its list of models is not part of this layer and takes another kind of sign-in.
  paths: { chat: '/v1/chat/completions' },
  chat: openaiChat({
    // Documented as ignored.
    drop: [
      'audio',
      'frequency_penalty',
      'logit_bias',
      'logprobs',
      'metadata',
      'modalities',
      'prediction',
      'presence_penalty',
      'response_format',
      'seed',
      'service_tier',
      'store',
      'top_logprobs',
      'user',
    ],
    // Documented as ignored in messages of every role.
    dropFromMessages: ['name', 'refusal', 'audio'],
    // `reasoning_effort` is ignored; thinking has a field of its own, `thinking`, which passes through.
    reasoning: 'none',
    // Sounds and files are taken out of messages without a word.
    refuseParts: ['input_audio', 'file'],
  }),
  environment: { key: ['ANTHROPIC_API_KEY'] },
  families: ['claude-'],
} satisfies Provider
