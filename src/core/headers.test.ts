/** Which of a provider's response headers go on to the client. */
import { expect, test } from 'vitest'
import { passedOn } from './headers.ts'

test.each([
  ['retry-after', true],
  ['x-ratelimit-remaining-requests', true],
  ['openai-processing-ms', true],
  ['openai-organization', true],
  ['x-envoy-upstream-service-time', true],
  ['apim-request-id', true],
  ['connection', false],
  ['keep-alive', false],
  ['transfer-encoding', false],
  ['te', false],
  ['trailer', false],
  ['upgrade', false],
  ['proxy-authenticate', false],
  ['content-length', false],
  ['content-encoding', false],
  ['content-type', false],
  ['content-disposition', false],
  ['set-cookie', false],
  ['authorization', false],
  ['www-authenticate', false],
  ['access-control-allow-origin', false],
  ['date', false],
  ['server', false],
  ['alt-svc', false],
  ['strict-transport-security', false],
  ['location', false],
  ['cf-ray', false],
  // Ours: a provider that is a gateway itself must not speak for this one.
  ['x-request-id', false],
  ['x-should-retry', false],
  ['x-bifrost-provider', false],
  ['x-asbru-attempts', false],
  ['x-bf-vk', false],
  ['x-frame-options', false],
  ['content-security-policy', false],
])('%s: %s', (name, goesOn) => {
  expect(passedOn({ [name]: 'a value' })).toEqual(goesOn ? [name, 'a value'] : [])
})

test('order and values stay, and a verdict holds for the next reply as well', () => {
  const headers = { 'x-b': '2', date: 'now', 'x-a': '1, 1', server: 'x', 'x-empty': '' }
  const expected = ['x-b', '2', 'x-a', '1, 1', 'x-empty', '']
  expect(passedOn(headers)).toEqual(expected)
  expect(passedOn(headers)).toEqual(expected)
})

test('a provider that makes up new names all the time is still judged right', () => {
  for (let index = 0; index < 3000; index++) {
    expect(passedOn({ [`x-number-${index}`]: 'v', [`content-${index}`]: 'v' })).toEqual([`x-number-${index}`, 'v'])
  }
})
