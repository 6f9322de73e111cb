/** The simulator inside Asbru, as a provider like any other; the house gives it its address. See docs/simulator.md. */
import { openaiPaths, type Provider } from '../core/provider.ts'
import { openaiChat } from '../dialects/openai-chat/provider.ts'
import { openaiQuirks, responsesCounting, responsesWire } from './responses-wires.ts'

const counting = responsesCounting('/v1/responses/input_tokens')

export const simulator = {
  id: 'simulator',
  name: 'Simulator',
  docs: 'https://platform.openai.com/docs/api-reference/chat',
  auth: { scheme: 'none' },
  paths: openaiPaths,
  // It refuses a longer `user`, as OpenAI does; coding agents send one.
  chat: openaiChat({ maximumUserLength: 64 }),
  wires: [responsesWire(openaiQuirks, { count: counting, keepsState: true })],
} satisfies Provider
