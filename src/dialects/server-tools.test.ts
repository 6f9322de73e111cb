/** Tools that a provider runs itself, asked of others: done with what they have, refused by name, or left out and named where the choice leaves them out. */
import { describe, expect, it } from 'vitest'
import type { Addressee, EncodedRequest, ProviderChat } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { members } from '../core/json-text.ts'
import { bedrockHost } from './anthropic-messages/hosts.ts'
import { anthropicMessages } from './anthropic-messages/provider.ts'
import { bedrockConverse } from './bedrock-converse/provider.ts'
import { cohereChat } from './cohere-chat/provider.ts'
import { gemini } from './gemini/provider.ts'
import { openaiChat } from './openai-chat/provider.ts'
import { decodeRequest } from './openai-responses/decode-request.ts'
import { nameOf } from './openai-responses/name-of.ts'
import { checkRequest } from './openai-responses/schema.ts'

const providers = {
  'openai-chat': [openaiChat(), 'gpt-4.1'],
  'anthropic-messages': [anthropicMessages(), 'claude-sonnet-4-5'],
  gemini: [gemini('gemini-api'), 'gemini-3-pro-preview'],
  'bedrock-converse': [bedrockConverse(), 'us.amazon.nova-pro-v1:0'],
  'cohere-chat': [cohereChat(), 'command-a-03-2025'],
} as const satisfies Record<string, readonly [ProviderChat, string]>

const each = Object.entries(providers).map(([name, [chat, model]]) => [name, chat, model] as const)
const f = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }

function encoded(chat: ProviderChat, model: string, asked: JsonObject): EncodedRequest {
  const body: JsonObject = { model: 'm', input: 'Go', ...asked }
  checkRequest(body)
  const to: Addressee = { model, passExtraParams: false, header: () => undefined }
  return chat.encodeRequest({ ...decodeRequest(body), model }, to)
}

/** The places of a refusal or of what is left out, as the client calls them. */
function place(path: unknown, asked: JsonObject): string {
  const text = JSON.stringify(asked)
  return nameOf(String(path), { text, members: members(text), body: asked })
}

function refusal(chat: ProviderChat, model: string, asked: JsonObject) {
  try {
    encoded(chat, model, asked)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return [error.status, place(error.details.param, asked), error.remedy]
  }
  throw new Error('It was taken.')
}

describe.each(each)('%s', (_, chat, model) => {
  const onlyOpenai: JsonObject[] = [
    { type: 'file_search', vector_store_ids: ['vs_1'] },
    { type: 'mcp', server_label: 'docs', server_url: 'https://example.test/mcp' },
    { type: 'image_generation' },
    { type: 'local_shell' },
    { type: 'shell' },
    { type: 'computer_use_preview', display_width: 1, display_height: 1, environment: 'linux' },
  ]

  it.each(onlyOpenai.map((tool) => [tool['type'], tool] as const))('refuses %s by its place', (_, tool) => {
    expect(refusal(chat, model, { tools: [f, tool] })).toEqual([
      400,
      expect.stringMatching(/^tools\[1\](\.vector_store_ids)?$/),
      'fallback',
    ])
  })

  it.each(onlyOpenai.map((tool) => [tool['type'], tool] as const))('names %s where it may be left out', (_, tool) => {
    const asked = {
      tools: [tool, f],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
    }
    const { body, dropped } = encoded(chat, model, asked)
    expect(dropped?.map((path) => place(path, asked))).toContain('tools[0]')
    const tools = JSON.stringify(body['tools'] ?? body['toolConfig'])
    expect(tools).toContain('"f"')
    expect(tools).not.toContain(tool['type'])
  })

  it('refuses one that the choice allows', () => {
    const [, mcp] = onlyOpenai
    const listed = { type: 'mcp', server_label: 'docs' }
    const choice = { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }, listed] }
    expect(refusal(chat, model, { tools: [f, mcp!], tool_choice: choice })).toEqual([400, 'tools[1]', 'fallback'])
    const other = { ...choice, tools: [choice.tools[0]!, { ...listed, server_label: 'other' }] }
    expect(encoded(chat, model, { tools: [f, mcp!], tool_choice: other }).dropped).toContain('tools[1]')
  })

  it('cannot be made to use one', () => {
    expect(refusal(chat, model, { tools: [f], tool_choice: { type: 'image_generation' } })).toEqual([
      400,
      'tool_choice',
      'fallback',
    ])
  })
})

describe('tools that others have as well', () => {
  const toolsOf = (name: keyof typeof providers, asked: Json, model: string = providers[name][1]) => {
    const { body, dropped } = encoded(providers[name][0], model, { tools: asked })
    return { tools: body['tools'] ?? body['toolConfig'], dropped }
  }
  const location = { type: 'approximate', city: 'Rome', country: 'IT' }
  const search = { type: 'web_search', search_context_size: 'low', user_location: location }

  it('are searched by Claude', () => {
    const filters = { allowed_domains: ['example.test'] }
    expect(toolsOf('anthropic-messages', [{ ...search, filters }]).tools).toEqual([
      {
        type: 'web_search_20250305',
        name: 'web_search',
        max_uses: 1,
        allowed_domains: ['example.test'],
        user_location: location,
      },
    ])
    expect(toolsOf('anthropic-messages', [{ type: 'web_search_preview_2025_03_11', filters: null }]).tools).toEqual([
      { type: 'web_search_20250305', name: 'web_search' },
    ])
    expect(
      toolsOf('anthropic-messages', [{ type: 'web_search_20250305', name: 'web_search', max_uses: 2 }]).tools,
    ).toEqual([{ type: 'web_search_20250305', name: 'web_search', max_uses: 2 }])
    expect(() => toolsOf('anthropic-messages', [{ ...search, external_web_access: false }])).toThrow(
      'tools[0].external_web_access is false',
    )
    const onBedrock = () =>
      encoded(anthropicMessages(bedrockHost), 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', { tools: [search] })
    expect(onBedrock).toThrow('tools[0] asks for a search of the web')
  })

  it('are run and fetched by Claude', () => {
    const run = { type: 'code_interpreter', container: { type: 'auto', memory_limit: '4g' } }
    const fetch = { type: 'web_fetch', max_uses: 2, filters: { blocked_domains: ['example.test'] } }
    expect(toolsOf('anthropic-messages', [run, fetch])).toEqual({
      tools: [
        { type: 'code_execution_20250825', name: 'code_execution' },
        { type: 'web_fetch_20250910', name: 'web_fetch', max_uses: 2, blocked_domains: ['example.test'] },
      ],
      dropped: ['tools[0].container.memory_limit'],
    })
    for (const container of ['cntr_1', { type: 'auto', file_ids: ['file-1'] }])
      expect(() => toolsOf('anthropic-messages', [{ ...run, container }])).toThrow('tools[0].container names')
  })

  it('are searched and run by Gemini', () => {
    const run = { type: 'code_interpreter', container: { type: 'auto' } }
    expect(toolsOf('gemini', [search, run])).toEqual({
      tools: [{ googleSearch: {} }, { codeExecution: {} }],
      dropped: ['tools[0].search_context_size', 'tools[0].user_location', 'tools[1].container'],
    })
    const filtered = { ...search, filters: { allowed_domains: ['example.test'] } }
    expect(() => toolsOf('gemini', [filtered])).toThrow('tools[0].filters is a rule that this provider cannot keep')
  })

  it('are searched by models of Bedrock that have a tool for it', () => {
    const nova = 'us.amazon.nova-premier-v1:0'
    expect(toolsOf('bedrock-converse', [search], nova)).toEqual({
      tools: { tools: [{ systemTool: { name: 'nova_grounding' } }] },
      dropped: ['tools[0].search_context_size', 'tools[0].user_location'],
    })
    expect(() => toolsOf('bedrock-converse', [search])).toThrow('tools[0] is of type web_search')
  })

  it('are kept among those that are allowed', () => {
    const listed = [{ type: 'web_search' }]
    const asked = { tools: [f, search], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: listed } }
    const tools = (chat: ProviderChat, model: string) => JSON.stringify(encoded(chat, model, asked).body)
    expect(tools(anthropicMessages(), 'claude-sonnet-4-5')).toContain('web_search_20250305')
    expect(tools(gemini('gemini-api'), 'gemini-3-pro-preview')).toContain('googleSearch')
    expect(tools(bedrockConverse(), 'us.amazon.nova-premier-v1:0')).toContain('nova_grounding')
  })
})

describe('what a provider did itself in earlier turns', () => {
  const user = { role: 'user', content: 'Hi' }
  const input = [
    user,
    { type: 'web_search_call', id: 'ws_1', status: 'completed' },
    user,
    { type: 'reasoning', id: 'rs_1', summary: [] },
    { role: 'assistant', content: 'Yes' },
    user,
  ]

  it.each(each)('is left out and named: %s', (_, chat, model) => {
    const { body, dropped } = encoded(chat, model, { input })
    expect(dropped?.map((path) => place(path, { input })).toSorted()).toEqual(['input[1]', 'input[3]'])
    const messages = (body['messages'] ?? body['contents']) as JsonObject[]
    const said = messages.map(({ role, content, parts }) => [role, JSON.stringify(content ?? parts).match(/Hi|Yes/g)])
    expect(said.filter(([, words]) => words === null)).toEqual([])
    expect(said.at(-1)?.[0]).toBe('user')
  })

  const picture = { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'iVBORw0KGgo=' }
  it.each(each.filter(([name]) => name !== 'gemini'))('shows no picture of its own: %s', (_, chat, model) => {
    const { body, dropped } = encoded(chat, model, { input: [user, picture, user] })
    expect(dropped?.map((path) => place(path, { input: [user, picture, user] }))).toEqual(['input[1]'])
    expect(JSON.stringify(body)).not.toContain('iVBOR')
  })

  it('shows pictures to models that make some', () => {
    const { body, dropped } = encoded(gemini('gemini-api'), 'gemini-3-pro-preview', { input: [user, picture, user] })
    expect(dropped).toEqual([])
    expect(body['contents']).toMatchObject([
      { role: 'user' },
      { role: 'model', parts: [{ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }] },
      { role: 'user' },
    ])
  })
})
