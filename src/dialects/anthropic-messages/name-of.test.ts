/** Paths of a chat completion request in the words of a Messages client. */
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { nameOf } from './name-of.ts'

const body: JsonObject = {
  model: 'm',
  system: [
    { type: 'text', text: 'A' },
    { type: 'text', text: 'B' },
  ],
  messages: [
    { role: 'user', content: 'C' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'D', signature: 's' },
        { type: 'text', text: 'E' },
        { type: 'redacted_thinking', data: 'd' },
        { type: 'tool_use', id: 't1', name: 'f', input: {} },
        { type: 'tool_use', id: 't2', name: 'g', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 't1', content: 'F' },
        {
          type: 'tool_result',
          tool_use_id: 't2',
          content: [
            { type: 'text', text: 'G' },
            { type: 'text', text: 'H' },
          ],
        },
        { type: 'text', text: 'I' },
        { type: 'image', source: { type: 'url', url: 'https://example.com' } },
      ],
    },
  ],
}

function told(path: string, more: JsonObject = {}): string {
  const whole = { ...body, ...more }
  const text = JSON.stringify(whole)
  return nameOf(path, { text, members: members(text), body: whole })
}

describe('a place in the messages', () => {
  it.each([
    ['messages[0]', 'system'],
    ['messages[0].content[1].cache_control', 'system[1].cache_control'],
    ['messages[1]', 'messages[0]'],
    ['messages[1].content[0]', 'messages[0].content'],
    ['messages[2]', 'messages[1]'],
    // Thoughts and calls are no parts of the content there.
    ['messages[2].content[0].cache_control', 'messages[1].content[1].cache_control'],
    ['messages[2].content[0].annotations', 'messages[1].content[1].citations'],
    ['messages[2].reasoning_details', 'messages[1].content[0]'],
    ['messages[2].reasoning_details[1]', 'messages[1].content[2]'],
    ['messages[2].reasoning', 'messages[1].content[0]'],
    ['messages[2].annotations', 'messages[1].content[1].citations'],
    ['messages[2].tool_calls[1]', 'messages[1].content[4]'],
    ['messages[2].tool_calls[1].function.arguments', 'messages[1].content[4].input'],
    ['messages[2].tool_calls[0].function.name', 'messages[1].content[3].name'],
    ['messages[2].tool_calls[0].cache_control', 'messages[1].content[3].cache_control'],
    ['messages[3]', 'messages[2].content[0]'],
    ['messages[3].tool_call_id', 'messages[2].content[0].tool_use_id'],
    ['messages[3].is_error', 'messages[2].content[0].is_error'],
    ['messages[3].cache_control', 'messages[2].content[0].cache_control'],
    ['messages[3].content[0]', 'messages[2].content[0].content'],
    ['messages[4].content[1].cache_control', 'messages[2].content[1].content[1].cache_control'],
    ['messages[5]', 'messages[2]'],
    ['messages[5].content[0]', 'messages[2].content[2]'],
    ['messages[5].content[1].image_url.url', 'messages[2].content[3].source'],
    ['messages[5].content[1].image_url.detail', 'messages[2].content[3].image_url.detail'],
    ['messages[9].content[0]', 'messages[9].content[0]'],
    ['messages', 'messages'],
  ])('%s is %s', (path, name) => expect(told(path)).toBe(name))

  it('the mark of the whole request is at its top', () => {
    const more = { cache_control: { type: 'ephemeral' } }
    expect(told('messages[5].content[1].cache_control', more)).toBe('cache_control')
    expect(told('messages[5].content[0].cache_control', more)).toBe('messages[2].content[2].cache_control')
  })
})

describe('a place beside them', () => {
  it.each<[string, string, JsonObject?]>([
    ['stop', 'stop_sequences'],
    ['max_completion_tokens', 'max_tokens'],
    ['user', 'metadata.user_id'],
    ['metadata.other', 'metadata.other'],
    ['parallel_tool_calls', 'tool_choice.disable_parallel_tool_use'],
    ['temperature', 'temperature'],
    ['service_tier', 'service_tier'],
    ['container', 'container'],
    ['tools[1]', 'tools[1]'],
    ['tools[1].function.strict', 'tools[1].strict'],
    ['tools[1].function.parameters', 'tools[1].input_schema'],
    ['tools[1].function.parameters.properties.function', 'tools[1].input_schema.properties.function'],
    ['tools[1].cache_control', 'tools[1].cache_control'],
    ['tool_choice', 'tool_choice'],
    ['response_format', 'output_config.format'],
    ['response_format.json_schema', 'output_config.format'],
    ['response_format.json_schema.schema.properties.a', 'output_config.format.schema.properties.a'],
    ['response_format', 'output_format', { output_format: { type: 'json_schema', schema: {} } }],
    ['reasoning_effort', 'thinking', { thinking: { type: 'adaptive' } }],
    ['reasoning_effort', 'output_config.effort', { output_config: { effort: 'low' } }],
    ['reasoning.effort', 'output_config.effort', { output_config: { effort: 'low' }, thinking: { type: 'disabled' } }],
    ['reasoning', 'thinking', { thinking: { type: 'adaptive' } }],
    ['reasoning', 'output_config.effort', { output_config: { effort: 'low' } }],
    ['reasoning.max_tokens', 'thinking.budget_tokens', { thinking: { type: 'enabled' } }],
    ['reasoning.display', 'thinking.display', { thinking: { type: 'enabled' } }],
    ['reasoning.type', 'thinking.type', { thinking: { type: 'between_tools' } }],
    ['response.audio', 'response.audio'],
    ['', ''],
  ])('%s is %s', (path, name, more) => expect(told(path, more)).toBe(name))
})
