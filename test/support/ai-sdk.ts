/** What is asked of the AI SDK wherever it is a client. https://ai-sdk.dev */
import { tool } from 'ai'
import { z } from 'zod'

// `generateObject` is told to be old; it is what many applications still call.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

export const prompt = 'Hello, Asbru!'

export const weather = tool({
  description: 'The weather in a city.',
  inputSchema: z.object({ city: z.enum(['Oslo']) }),
  execute: async ({ city }) => `Sunny in ${city}`,
})
