/** The simulator as Google's client sees it, as the Gemini API and as Vertex AI, in one piece and streamed. */
import {
  ApiError,
  type Content,
  FunctionCallingConfigMode,
  type GenerateContentConfig,
  type GenerateContentResponse,
  GoogleGenAI,
  Modality,
  type Part,
  ThinkingLevel,
  Type,
} from '@google/genai'
import { OAuth2Client } from 'google-auth-library'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../server.ts'

let simulator: Simulator
let client: GoogleGenAI
let vertex: GoogleGenAI

const noRetries = { retryOptions: { attempts: 1 } }

beforeAll(async () => {
  simulator = await startSimulator({ clock: () => 1_767_225_600_000 })
  client = new GoogleGenAI({ apiKey: 'AIzaSimulated', httpOptions: { baseUrl: simulator.url, ...noRetries } })
  const authClient = new OAuth2Client()
  authClient.setCredentials({ access_token: 'ya29.simulated', expiry_date: Date.now() + 3_600_000 })
  vertex = new GoogleGenAI({
    vertexai: true,
    project: 'p',
    location: 'europe-west4',
    // The client brings a copy of the library, whose types are not these.
    googleAuthOptions: { authClient: authClient as never },
    httpOptions: { baseUrl: simulator.url, ...noRetries },
  })
})
afterAll(() => simulator.close())

const text = 'Hello brave wörld 👨‍👩‍👧'
const hello: Content[] = [{ role: 'user', parts: [{ text }] }]

const ask = (model: string, config: GenerateContentConfig = {}, contents: Content[] = hello, by = client) =>
  by.models.generateContent({ model, contents, config })

async function stream(model: string, config: GenerateContentConfig = {}, contents: Content[] = hello, by = client) {
  return Array.fromAsync(await by.models.generateContentStream({ model, contents, config }))
}

const partsOf = (reply: GenerateContentResponse): Part[] => reply.candidates?.[0]?.content?.parts ?? []
/** The parts of a stream, texts of a kind put together, signatures where they came. */
function joined(chunks: readonly GenerateContentResponse[]): Part[] {
  const parts: Part[] = []
  for (const part of chunks.flatMap(partsOf)) {
    const last = parts.at(-1)
    const goesOn =
      last?.text !== undefined && part.text !== undefined && (last.thought ?? false) === (part.thought ?? false)
    if (goesOn) parts[parts.length - 1] = { ...last, ...part, text: `${last.text}${part.text}` }
    else if (part.text !== '' || part.thoughtSignature) parts.push(part)
  }
  return parts
}

const weather = {
  name: 'weather',
  description: 'Tells it.',
  parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ['city'] },
}
const now = { name: 'now' }
const tools = [{ functionDeclarations: [weather, now] }]

describe('generateContent', () => {
  test('echoes, with usage that adds up', async () => {
    const reply = await ask('echo')
    expect(reply.text).toBe(text)
    expect(reply).toMatchObject({
      modelVersion: 'echo',
      candidates: [{ finishReason: 'STOP', content: { role: 'model' } }],
    })
    const usage = reply.usageMetadata!
    expect(usage.totalTokenCount).toBe(usage.promptTokenCount! + usage.candidatesTokenCount!)
    expect(usage.promptTokensDetails).toEqual([{ modality: 'TEXT', tokenCount: usage.promptTokenCount }])
  })

  test('says the same in a stream, whose every chunk has a usage, and whose last one is empty', async () => {
    const chunks = await stream('echo')
    expect(joined(chunks)).toEqual(partsOf(await ask('echo')))
    expect(chunks.every(({ usageMetadata }) => usageMetadata)).toBe(true)
    expect(chunks.at(-1)!.candidates).toMatchObject([{ finishReason: 'STOP', content: { parts: [{ text: '' }] } }])
    expect(chunks.at(-1)!.usageMetadata).toEqual((await ask('echo')).usageMetadata)
  })

  test('streams a list where no events are asked for', async () => {
    const headers = { 'content-type': 'application/json', 'x-goog-api-key': 'k' }
    const post = (path: string, body: object) =>
      fetch(simulator.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    const reply = await post('/v1beta/models/echo:streamGenerateContent', { contents: hello })
    expect(reply.headers.get('content-type')).toBe('application/json; charset=UTF-8')
    expect(joined((await reply.json()) as GenerateContentResponse[])).toEqual([{ text }])
    const refused = await post('/v1beta/models/echo:streamGenerateContent', {})
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      [{ error: { code: 400, status: 'INVALID_ARGUMENT' } }],
    ])
    const failed = await post('/v1beta/models/echo+status-503:streamGenerateContent', { contents: hello })
    expect(await failed.json()).toMatchObject([{ error: { code: 503, status: 'UNAVAILABLE' } }])
  })

  test('ends its lines as Google does', async () => {
    const url = `${simulator.url}/v1beta/models/echo:streamGenerateContent?alt=sse&key=k`
    const body = JSON.stringify({ contents: hello })
    const events = await (
      await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    ).text()
    expect(events.split('\r\n\r\n').length).toBeGreaterThan(3)
    expect(events.replaceAll('\r\n', '')).not.toContain('\n')
  })

  test('reads names in snake case, and enums in any case', async () => {
    const body = {
      contents: hello,
      system_instruction: { parts: [{ text: 'Be brief.' }] },
      tools: [
        {
          function_declarations: [{ name: 'f', parameters: { type: 'object', properties: { a: { type: 'string' } } } }],
        },
      ],
      tool_config: { function_calling_config: { mode: 'any', allowed_function_names: ['f'] } },
      generation_config: { max_output_tokens: '50', stop_sequences: ['x'] },
    }
    const url = `${simulator.url}/v1beta/models/echo:generateContent?key=k`
    const reply = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(await reply.json()).toMatchObject({
      candidates: [{ content: { parts: [{ functionCall: { name: 'f' } }] } }],
    })
  })

  test('calls functions, of which the first is signed, and takes their responses', async () => {
    const reply = await ask('tools', { tools })
    const parts = partsOf(reply)
    expect(parts).toMatchObject([
      { functionCall: { name: 'weather', args: { city: 'city' } }, thoughtSignature: expect.any(String) },
      { functionCall: { name: 'now', args: {} } },
    ])
    expect(parts[1]).not.toHaveProperty('thoughtSignature')
    expect(joined(await stream('tools', { tools }))).toEqual(parts)
    const responses = parts.map(({ functionCall: call }) => ({
      functionResponse: { id: call!.id!, name: call!.name!, response: { output: call!.name } },
    }))
    const contents = [...hello, { role: 'model', parts }, { role: 'user', parts: responses }]
    expect((await ask('tools', { tools }, contents)).text).toBe('weather\nnow')
  })

  test.each<[string, FunctionCallingConfigMode, string[] | undefined, string[]]>([
    ['echo', FunctionCallingConfigMode.ANY, undefined, ['weather', 'now']],
    ['echo', FunctionCallingConfigMode.ANY, ['now'], ['now']],
    ['echo', FunctionCallingConfigMode.AUTO, undefined, []],
    ['tools', FunctionCallingConfigMode.VALIDATED, ['weather'], ['weather']],
    ['tools', FunctionCallingConfigMode.NONE, undefined, []],
  ])('%s, told %s of %j, calls %j', async (model, mode, allowedFunctionNames, names) => {
    const functionCallingConfig = { mode, ...(allowedFunctionNames && { allowedFunctionNames }) }
    const reply = await ask(model, { tools, toolConfig: { functionCallingConfig } })
    expect((reply.functionCalls ?? []).map(({ name }) => name)).toEqual(names)
  })

  test('thinks when it is asked to, shows it only when it is asked to, and counts it in any case', async () => {
    const shown = await ask('echo', { thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.HIGH } })
    expect(partsOf(shown)).toMatchObject([{ thought: true }, { text, thoughtSignature: expect.any(String) }])
    const chunks = await stream('echo', {
      thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.HIGH },
    })
    expect(joined(chunks)).toEqual(partsOf(shown))
    const hidden = await ask('reasoning', { thinkingConfig: { thinkingLevel: ThinkingLevel.HIGH } })
    expect(partsOf(hidden)).toHaveLength(1)
    expect(hidden.usageMetadata!.thoughtsTokenCount).toBe(shown.usageMetadata!.thoughtsTokenCount)
    const none = await ask('reasoning', { thinkingConfig: { thinkingBudget: 0 } })
    expect(none.usageMetadata).not.toHaveProperty('thoughtsTokenCount')
    const contents = [...hello, { role: 'model', parts: partsOf(shown) }, ...hello]
    expect((await ask('echo', {}, contents)).text).toBe(text)
  })

  test('answers JSON, by either kind of schema', async () => {
    const responseMimeType = 'application/json'
    const responseSchema = { type: Type.OBJECT, properties: { n: { type: Type.INTEGER, minimum: 3 } } }
    expect(JSON.parse((await ask('echo', { responseMimeType, responseSchema })).text!)).toEqual({ n: 3 })
    const responseJsonSchema = { type: 'object', properties: { n: { type: 'integer', minimum: 4 } } }
    expect(JSON.parse((await ask('echo', { responseMimeType, responseJsonSchema })).text!)).toEqual({ n: 4 })
    expect(JSON.parse((await ask('echo', { responseMimeType })).text!)).toEqual({ answer: text })
  })

  const reasons: [string, string, GenerateContentConfig?][] = [
    ['echo', 'STOP'],
    ['echo', 'STOP', { stopSequences: [' wörld'] }],
    ['tools', 'STOP', { tools }],
    ['echo', 'MAX_TOKENS', { maxOutputTokens: 2 }],
    ['length', 'MAX_TOKENS'],
    ['context-window', 'MAX_TOKENS'],
    ['content-filter', 'SAFETY'],
    ['recitation', 'RECITATION'],
    ['malformed-call', 'MALFORMED_FUNCTION_CALL'],
  ]
  test.each(reasons)('%s ends with %s', async (model, reason, config) => {
    expect((await ask(model, config)).candidates![0]!.finishReason).toBe(reason)
    expect((await stream(model, config)).at(-1)!.candidates![0]!.finishReason).toBe(reason)
  })

  test.each(['refusal', 'echo+prompt-filtered'])('%s has no candidates', async (model) => {
    const blocked = { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }
    expect(await ask(model)).toMatchObject(blocked)
    const chunks = await stream(model)
    expect(chunks).toHaveLength(1)
    expect(chunks[0]).toMatchObject(blocked)
    expect(chunks[0]!.candidates).toBeUndefined()
  })

  test('grounds in the web, counted in bytes', async () => {
    const { groundingMetadata } = (await ask('echo', { tools: [{ googleSearch: {} }] })).candidates![0]!
    const { segment } = groundingMetadata!.groundingSupports![0]!
    expect(Buffer.from(text).subarray(segment!.startIndex, segment!.endIndex).toString()).toBe(segment!.text)
    expect((await stream('annotations')).at(-1)!.candidates![0]!.groundingMetadata).toEqual(groundingMetadata)
  })

  test('gives several candidates, likelihoods, sound and pictures', async () => {
    const several = await ask('echo', { candidateCount: 2, responseLogprobs: true, logprobs: 2 })
    expect(several.candidates!.map(({ index }) => index)).toEqual([0, 1])
    expect(several.candidates![1]!.logprobsResult!.topCandidates![0]!.candidates).toHaveLength(2)
    expect(
      (await stream('echo', { candidateCount: 2 })).map(({ candidates }) => candidates![0]!.index).slice(0, 4),
    ).toEqual([0, 1, 0, 1])
    const [sound] = partsOf(await ask('echo', { responseModalities: [Modality.AUDIO] }))
    expect(sound!.inlineData!.mimeType).toBe('audio/L16;codec=pcm;rate=24000')
    const drawn = partsOf(await ask('echo', { responseModalities: [Modality.TEXT, Modality.IMAGE] }))
    expect(drawn.map((part) => Object.keys(part)[0])).toEqual(['text', 'inlineData'])
  })

  test('tells what came from a cache, and what pictures cost', async () => {
    const cached = await ask('echo', { cachedContent: 'cachedContents/abc' })
    expect(cached.usageMetadata).toMatchObject({
      cachedContentTokenCount: 2048,
      cacheTokensDetails: [{ tokenCount: 2048 }],
    })
    expect((await ask('cached')).usageMetadata!.cachedContentTokenCount).toBeGreaterThan(0)
    const picture = { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }
    const seen = await ask('echo', {}, [{ role: 'user', parts: [{ text }, picture] }])
    expect(seen.usageMetadata!.promptTokensDetails).toContainEqual({ modality: 'IMAGE', tokenCount: 258 })
  })

  test('is the older kind where the name says so: calls have no ids and need no signatures', async () => {
    const reply = await ask('gemini-2.5-flash+like-tools', { tools })
    expect(partsOf(reply)[0]).toEqual({ functionCall: { name: 'weather', args: { city: 'city' } } })
    const responses = partsOf(reply).map(({ functionCall: call }) => ({
      functionResponse: { name: call!.name!, response: {} },
    }))
    const contents = [...hello, { role: 'model', parts: partsOf(reply) }, { role: 'user', parts: responses }]
    expect((await ask('gemini-2.5-flash', { tools }, contents)).candidates).toHaveLength(1)
  })
})

describe('signatures', () => {
  const call = async () => partsOf(await ask('tools', { tools: [{ functionDeclarations: [weather] }] }))[0]!
  const answered = (part: Part): Content[] => [
    ...hello,
    { role: 'model', parts: [part] },
    {
      role: 'user',
      parts: [{ functionResponse: { id: part.functionCall!.id!, name: 'weather', response: { output: 'fine' } } }],
    },
  ]
  const refusal = (contents: Content[], model = 'echo') =>
    ask(model, { tools }, contents).then(
      () => '',
      (error: ApiError) => error.message,
    )

  test('must come back as they were', async () => {
    const part = await call()
    expect(await refusal(answered(part))).toBe('')
    expect(
      await refusal(answered({ ...part, functionCall: { ...part.functionCall!, args: { city: 'Oslo' } } })),
    ).toContain('Corrupted thought signature.')
    expect(await refusal(answered({ ...part, thoughtSignature: 'AAAA' }))).toContain('Corrupted thought signature.')
    const { thoughtSignature: _, ...unsigned } = part
    expect(await refusal(answered(unsigned))).toContain('missing a thought_signature in functionCall parts')
    expect(await refusal(answered(unsigned), 'gemini-3-pro-preview')).toContain('`default_api:weather` , position 2.')
  })

  test('are not needed from older models, from before the current turn, or with an excuse', async () => {
    const { thoughtSignature: _, ...unsigned } = await call()
    expect(await refusal(answered(unsigned), 'gemini-2.5-pro')).toBe('')
    expect(await refusal([...answered(unsigned), { role: 'model', parts: [{ text }] }, ...hello])).toBe('')
    const excuse = 'skip_thought_signature_validator'
    for (const thoughtSignature of [excuse, Buffer.from(excuse).toString('base64')]) {
      expect(await refusal(answered({ ...unsigned, thoughtSignature }))).toBe('')
    }
  })
})

describe('Vertex AI', () => {
  test('answers by token, with the fields of its own', async () => {
    const reply = await ask('echo', {}, hello, vertex)
    expect(reply).toMatchObject({ createTime: '2026-01-01T00:00:00.000Z', usageMetadata: { trafficType: 'ON_DEMAND' } })
    const { path, headers } = simulator.requests.at(-1)!
    expect(path).toBe('/v1beta1/projects/p/locations/europe-west4/publishers/google/models/echo:generateContent')
    expect(headers.authorization).toBe('Bearer ya29.simulated')
    expect(joined(await stream('echo', {}, hello, vertex))).toEqual([{ text }])
  })

  test('rates what it filters, and says less of what is used up', async () => {
    const { safetyRatings } = (await ask('content-filter', {}, hello, vertex)).candidates![0]!
    expect(safetyRatings).toContainEqual(
      expect.objectContaining({ blocked: true, probabilityScore: 0.9, severity: 'HARM_SEVERITY_HIGH' }),
    )
    await expect(ask('echo+status-429', {}, hello, vertex)).rejects.toThrow('Resource exhausted.')
  })

  test('refuses keys, and fields of the other service', async () => {
    const url = `${simulator.url}/v1/projects/p/locations/global/publishers/google/models/echo:generateContent`
    const post = (headers: Record<string, string>, body: object) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    const refused = await post({ 'x-goog-api-key': 'k' }, { contents: hello })
    expect([refused.status, await refused.json()]).toMatchObject([401, { error: { status: 'UNAUTHENTICATED' } }])
    const strange = await post({ authorization: 'Bearer t' }, { contents: hello, store: true })
    expect([strange.status, await strange.json()]).toMatchObject([
      400,
      { error: { message: expect.stringContaining('Unknown name "store"') } },
    ])
  })
})

describe('what goes wrong', () => {
  const errorOf = async (asking: Promise<unknown>) => {
    const error = await asking.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!(error instanceof ApiError)) throw error
    return JSON.parse(error.message) as { error: { code: number; status: string; message: string; details?: object[] } }
  }
  const statuses: [number, string][] = [
    [400, 'INVALID_ARGUMENT'],
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'NOT_FOUND'],
    [429, 'RESOURCE_EXHAUSTED'],
    [500, 'INTERNAL'],
    [503, 'UNAVAILABLE'],
    [504, 'DEADLINE_EXCEEDED'],
  ]
  test.each(statuses)('%s is %s', async (code, status) => {
    expect(await errorOf(ask(`echo+status-${code}`))).toMatchObject({ error: { code, status } })
  })

  test('a quota says when to come back', async () => {
    const { error } = await errorOf(ask('echo+quota'))
    expect(error).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED' })
    expect(error.details).toContainEqual({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '36s' })
  })

  test('keys are wrong, or not there', async () => {
    const wrong = new GoogleGenAI({ apiKey: 'sk-invalid', httpOptions: { baseUrl: simulator.url } })
    const { error } = await errorOf(wrong.models.generateContent({ model: 'echo', contents: text }))
    expect(error).toMatchObject({ code: 400, details: [{ reason: 'API_KEY_INVALID' }] })
    const url = `${simulator.url}/v1beta/models/echo:generateContent`
    const reply = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    expect([reply.status, await reply.json()]).toMatchObject([403, { error: { status: 'PERMISSION_DENIED' } }])
  })

  test('a stream tells of an error, is garbled, breaks off', async () => {
    await expect(stream('echo+error-after-2')).rejects.toThrow('INTERNAL')
    await expect(stream('echo+error-after-2+error-status-503')).rejects.toThrow('UNAVAILABLE')
    await expect(stream('echo+garbled-after-2')).rejects.toThrow()
    await expect(stream('echo+bad-checksum-after-2')).rejects.toThrow()
    await expect(stream('echo+cut-after-2')).rejects.toThrow()
  })

  test('a stream ends without a reason, or without usage', async () => {
    expect((await stream('echo+no-finish')).every(({ candidates }) => candidates![0]!.finishReason === undefined)).toBe(
      true,
    )
    expect((await stream('echo+no-usage')).every(({ usageMetadata }) => usageMetadata === undefined)).toBe(true)
    const told = (await stream('echo+usage-with-finish')).map(({ usageMetadata }) => usageMetadata !== undefined)
    expect(told.indexOf(true)).toBe(told.length - 1)
  })

  test.each(['trickle', 'split-7', 'crlf', 'tight', 'huge-event-100000'])(
    '%s changes nothing that is said',
    async (word) => {
      expect(joined(await stream(`echo+${word}`))).toEqual([{ text }])
    },
  )
})

describe('beside', () => {
  test('tokens are counted as the usage of a reply counts them', async () => {
    const { totalTokens } = await client.models.countTokens({ model: 'echo', contents: hello })
    expect(totalTokens).toBe((await ask('echo')).usageMetadata!.promptTokenCount)
    const counted = await vertex.models.countTokens({
      model: 'echo',
      contents: hello,
      config: { systemInstruction: 'Be brief.' },
    })
    expect(counted.totalTokens).toBeGreaterThan(totalTokens!)
  })

  test('models are listed, page by page', async () => {
    const names = (await Array.fromAsync(await client.models.list({ config: { pageSize: 7 } }))).map(({ name }) => name)
    expect(names).toContain('models/echo')
    expect(new Set(names).size).toBe(names.length)
    expect((await client.models.get({ model: 'tools' })).name).toBe('models/tools')
  })
})
