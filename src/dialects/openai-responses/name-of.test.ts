/** What clients are told of places in their requests. */
import { describe, expect, it } from 'vitest'
import type { RequestText } from '../../core/dialect.ts'
import type { JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { nameOf } from './name-of.ts'

function requestOf(body: JsonObject): RequestText {
  const text = JSON.stringify(body)
  return { text, members: members(text), body }
}

const input = [
  {
    role: 'user',
    content: [
      { type: 'input_text', text: 'a' },
      { type: 'input_image', image_url: 'x' },
    ],
  },
  { type: 'web_search_call', id: 'ws_1' },
  { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'a' }], encrypted_content: 'x' },
  { type: 'message', role: 'assistant', phase: 'commentary', content: [{ type: 'output_text', text: 'a' }] },
  { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
  { type: 'custom_tool_call', call_id: 'd', name: 'g', input: '' },
  { role: 'user', content: 'quick' },
  { type: 'function_call_output', call_id: 'c', output: 'r' },
  { type: 'custom_tool_call_output', call_id: 'd', output: [{ type: 'input_text', text: 'r' }] },
  { type: 'reasoning', id: 'rs_2', summary: [] },
]
const conversation = requestOf({ model: 'm', instructions: 'x', input })

describe('places in messages', () => {
  it.each([
    ['messages[0]', 'instructions'],
    ['messages[0].content[0]', 'instructions'],
    ['messages[0].content', 'instructions'],
    ['messages[1]', 'input[0]'],
    ['messages[1].role', 'input[0].role'],
    ['messages[1].cache_control', 'input[0].cache_control'],
    ['messages[1].content', 'input[0].content'],
    ['messages[1].content[1]', 'input[0].content[1]'],
    ['messages[1].content[1].image_url', 'input[0].content[1].image_url'],
    ['messages[1].content[1].image_url.url', 'input[0].content[1].image_url'],
    ['messages[1].content[1].image_url.detail', 'input[0].content[1].detail'],
    ['messages[1].content[1].odd', 'input[0].content[1].odd'],
    ['messages[2]', 'input[3]'],
    ['messages[2].phase', 'input[3].phase'],
    ['messages[2].content[0]', 'input[1]'],
    ['messages[2].content[1]', 'input[3].content[0]'],
    ['messages[2].annotations', 'input[3].content[0].annotations'],
    ['messages[2].reasoning_details', 'input[2]'],
    ['messages[2].tool_calls[0].function.arguments', 'input[4].arguments'],
    ['messages[2].tool_calls[0].id', 'input[4].call_id'],
    ['messages[2].tool_calls[1].custom.input', 'input[5].input'],
    ['messages[2].tool_calls[1]', 'input[5]'],
    ['messages[3].tool_call_id', 'input[7].call_id'],
    ['messages[3].content[0]', 'input[7].output'],
    ['messages[3].content', 'input[7].output'],
    ['messages[4].content[0].text', 'input[8].output[0].text'],
    ['messages[4].content', 'input[8].output'],
    ['messages[5].content[0]', 'input[6].content'],
    ['messages[6].reasoning_details', 'input[9]'],
    ['messages[99].content[0]', 'messages[99].content[0]'],
    ['messages', 'input'],
  ])('%s is %s', (path, name) => {
    expect(nameOf(path, conversation)).toBe(name)
  })

  it('of a request that is one text', () => {
    expect(nameOf('messages[0].content[0]', requestOf({ model: 'm', input: 'x' }))).toBe('input')
  })
})

describe('other places', () => {
  it.each([
    ['max_completion_tokens', 'max_output_tokens'],
    ['temperature', 'temperature'],
    ['verbosity', 'text.verbosity'],
    ['tools', 'tools'],
    ['tools[1]', 'tools[1]'],
    ['tools[1].function.parameters.properties.function', 'tools[1].parameters.properties.function'],
    ['tools[1].function', 'tools[1]'],
    ['tools[1].custom.format', 'tools[1].format'],
    ['tools[1].functions', 'tools[1].functions'],
    ['tool_choice', 'tool_choice'],
    ['tool_choice.function.name', 'tool_choice.name'],
    ['tool_choice.allowed_tools.tools[0].custom.name', 'tool_choice.tools[0].name'],
    ['response_format', 'text.format'],
    ['response_format.json_schema.schema.properties.a', 'text.format.schema.properties.a'],
    ['reasoning', 'reasoning'],
    ['reasoning_effort', 'reasoning.effort'],
    ['reasoning.effort', 'reasoning.effort'],
    ['reasoning.max_tokens', 'reasoning.max_tokens'],
    ['reasoning.display', 'reasoning.summary'],
    ['reasoning_display', 'reasoning.summary'],
    ['logprobs', 'top_logprobs'],
    ['top_logprobs', 'top_logprobs'],
    ['input[3].call_id', 'input[3].call_id'],
    ['stream_options.include_obfuscation', 'stream_options.include_obfuscation'],
    ['toString', 'toString'],
    ['', ''],
  ])('%s is %s', (path, name) => {
    expect(nameOf(path, conversation)).toBe(name)
  })

  it('are called as the client wrote them', () => {
    const format = { type: 'json_schema', json_schema: { name: 'a', schema: {} } }
    const request = requestOf({
      model: 'm',
      input: 'x',
      include: ['message.output_text.logprobs'],
      text: { format },
      reasoning: { generate_summary: 'auto' },
    })
    expect(nameOf('response_format.json_schema.schema', request)).toBe('text.format.json_schema.schema')
    expect(nameOf('logprobs', request)).toBe('include')
    expect(nameOf('reasoning.display', request)).toBe('reasoning.generate_summary')
  })
})
