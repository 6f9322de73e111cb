/** The AI SDK with its OpenAI provider in its default mode, which is the Responses API, over every kind of upstream. https://ai-sdk.dev/providers/ai-sdk-providers/openai */
import { createOpenAI, type OpenAIProvider } from '@ai-sdk/openai'
import { APICallError, generateObject, generateText, isStepCount, Output, streamObject, streamText, tool } from 'ai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { picture } from '../matrix/scenes.ts'
import { kinds, openResponsesHouse, type ResponsesHouse } from './kinds.ts'
import { prompt, weather } from '../support/ai-sdk.ts'

let open: ResponsesHouse
let openai: OpenAIProvider

beforeAll(async () => {
  open = await openResponsesHouse()
  openai = createOpenAI({ baseURL: `${open.house.url}/openai/v1`, apiKey: 'unused', fetch: open.recorder.fetch })
})
afterAll(() => open.close())
afterEach(async () => {
  expect(await open.recorder.check()).toBeGreaterThan(0)
})

const late = tool({
  description: 'The time in a zone.',
  inputSchema: z.object({ zone: z.enum(['UTC']) }),
  execute: async ({ zone }) => `Late in ${zone}`,
})
const Person = z.object({ name: z.string(), age: z.int() })

describe.each(kinds)('over $name', (kind) => {
  const model = (word: string) => openai(`${kind.provider}/${word}`)

  it('generateText', async () => {
    const result = await generateText({ model: model('echo'), system: 'Be brief.', prompt })
    expect(result.text).toBe(prompt)
    expect(result.finishReason).toBe('stop')
    expect(result.usage.inputTokens).toBeGreaterThan(0)
    expect(result.usage.outputTokens).toBeGreaterThan(0)
    expect(kind.facts(open.last())).toMatchObject({ system: 'Be brief.', users: [prompt] })
    expect(open.last().path).toBe(kind.path)
  })

  it('streamText', async () => {
    const result = streamText({ model: model('echo'), prompt })
    const pieces = await Array.fromAsync(result.textStream)
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces.join('')).toBe(prompt)
    expect(await result.finishReason).toBe('stop')
    expect((await result.usage).outputTokens).toBeGreaterThan(0)
  })

  it('an image and a file', async () => {
    const data = new Uint8Array(Buffer.from('JVBERi0xLjQKJSVFT0YK', 'base64'))
    await generateText({
      model: model('echo'),
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: prompt },
            { type: 'file', data: new Uint8Array(Buffer.from(picture, 'base64')), mediaType: 'image/png' },
            { type: 'file', data, mediaType: 'application/pdf' },
          ],
        },
      ],
    })
    expect(kind.facts(open.last())).toMatchObject({ images: [picture], files: ['JVBERi0xLjQKJSVFT0YK'] })
  })

  it('objects: whole, as an output, and as they grow', async () => {
    const { object } = await generateObject({ model: model('json'), schema: Person, prompt })
    expect(Person.parse(object)).toEqual(object)
    const { output } = await generateText({ model: model('json'), output: Output.object({ schema: Person }), prompt })
    expect(Person.parse(output)).toEqual(output)
    const grown = streamObject({ model: model('json'), schema: Person, prompt })
    const parts = await Array.fromAsync(grown.partialObjectStream)
    expect(parts.length).toBeGreaterThan(1)
    expect(await grown.object).toEqual(parts.at(-1))
  })

  it.each([true, false])('tools in several steps, kept by us: %s', async (store) => {
    const asked = {
      model: model('tools'),
      tools: { weather, late },
      stopWhen: isStepCount(3),
      prompt,
      providerOptions: { openai: { store } },
    }
    const whole = await generateText(asked)
    expect(whole.text).toContain('Late in UTC')
    expect(whole.steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
    expect(whole.steps[0]?.toolResults.map(({ output }) => output)).toEqual(['Sunny in Oslo', 'Late in UTC'])
    const streamed = streamText(asked)
    await streamed.consumeStream()
    expect(await streamed.text).toBe(whole.text)
    expect(await streamed.steps).toHaveLength(2)
  })

  it('the next turn goes on from the response before', async () => {
    const first = await generateText({ model: model('echo'), prompt })
    const { responseId } = first.providerMetadata!['openai'] as { responseId: string }
    const second = await generateText({
      model: model('echo'),
      prompt: 'And now?',
      providerOptions: { openai: { previousResponseId: responseId } },
    })
    expect(second.text).toBe('And now?')
    // Who keeps nothing is told all of it.
    if (kind.name !== 'native') expect(kind.facts(open.last()).users).toEqual([prompt, 'And now?'])
  })

  it('reasoning, and its way back', async () => {
    // Only for models that it knows to reason does it ask for reasoning.
    const reasoner = openai(`${kind.provider}/reasoning`)
    const options = {
      openai: {
        reasoningEffort: 'high',
        reasoningSummary: 'detailed',
        forceReasoning: true,
        store: false,
        include: ['reasoning.encrypted_content'],
      },
    } as const
    const result = streamText({ model: reasoner, prompt, providerOptions: options as never })
    await result.consumeStream()
    expect(await result.reasoningText).toMatch(/\S/)
    expect(await result.text).toBe(prompt)
    const { messages } = await result.response
    const second = await generateText({
      model: reasoner,
      messages: [{ role: 'user', content: prompt }, ...messages, { role: 'user', content: 'And now?' }],
      providerOptions: options as never,
    })
    expect(second.text).toBe('And now?')
  })

  it('a status is an error that says whether to try again', async () => {
    const asking = generateText({ model: model('echo+status-400'), prompt, maxRetries: 0 })
    const error = (await asking.catch((caught: unknown) => caught)) as APICallError
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ statusCode: 400, isRetryable: false, message: expect.stringMatching(/\S/) })
  })

  it('a stream that is cut is never a result', async () => {
    const errors: unknown[] = []
    const result = streamText({
      model: model('echo+pause-after-1-50+cut-after-2'),
      prompt: 'one two three four',
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    })
    await result.consumeStream()
    const reason = await Promise.resolve(result.finishReason).catch(() => 'rejected')
    expect(errors.length > 0 || ['error', 'rejected', 'other'].includes(reason)).toBe(true)
    expect(reason).not.toBe('stop')
  })
})
