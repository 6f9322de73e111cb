/** A refusal says where, what and what instead; only what another target may take is tried there. */
import { expect, it } from 'vitest'
import { inconsistent, unsupported } from './refuse.ts'

it.each([
  [unsupported('n', 'asks for 2 answers', 'Ask for one'), 'unsupported_parameter', 'fallback'],
  [unsupported('messages[0].content[1]', 'is a sound', 'Send its words'), 'unsupported_content', 'fallback'],
  [inconsistent('messages[2].tool_call_id', 'answers no call', 'Leave it out'), 'invalid_value', 'stop'],
])('%s', (error, code, remedy) => {
  const { message, status, details } = error
  expect({ status, code: details.code, remedy: error.remedy }).toEqual({ status: 400, code, remedy })
  expect(message.startsWith(`${details.param} `)).toBe(true)
  expect(message.endsWith('.')).toBe(true)
})
