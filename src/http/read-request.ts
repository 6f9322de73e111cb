/** A request body from bytes to a checked text: everything that makes JSON ambiguous or dangerous is refused here, with its place. */
import { isUtf8 } from 'node:buffer'
import type { RequestText } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type Json } from '../core/json.ts'
import { jsonFault, lineAndColumn } from '../core/json-fault.ts'
import { duplicateMember, JsonTextError, type Survey, survey } from '../core/json-text.ts'
import { readJson } from '../core/parse-json.ts'
import { shortened } from '../core/shortened.ts'

/** Objects and arrays inside each other; no request of any provider comes near it. */
const deepest = 128

/** An empty body is an empty object. Throws `invalid-json` and `invalid-request`. */
export function readRequest(bytes: Buffer): RequestText {
  if (bytes.length === 0) return { text: '{}', members: [], body: {} }
  if (!isUtf8(bytes)) throw invalidJson('the body is not UTF-8', 'Send UTF-8.')
  const text = bytes.toString('utf8')
  let shape: Survey
  let body: Json
  try {
    shape = survey(text)
    if (shape.depth > deepest) throw tooDeep(shape.depth)
    body = readJson(text) as Json
  } catch (error) {
    if (error instanceof GatewayError) throw error
    throw error instanceof JsonTextError ? faultAt(text, error.at) : faultOf(text)
  }
  if (!isJsonObject(body)) throw invalidJson('the body is no JSON object', 'Send an object.')
  if (countMembers(body) !== shape.count) throw duplicateName(text)
  return { text, members: shape.members, body }
}

function countMembers(value: Json | undefined): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const element of value) if (typeof element === 'object') count += countMembers(element)
    return count
  }
  for (const key in value) {
    if (key === '__proto__') throw dangerousName()
    const child = value[key]
    count += typeof child === 'object' ? 1 + countMembers(child) : 1
  }
  return count
}

function invalidJson(what: string, advice: string): GatewayError {
  return new GatewayError('invalid-json', `Invalid JSON: ${what}. ${advice}`, { code: 'invalid_json', inner: what })
}

function faultOf(text: string): GatewayError {
  const fault = jsonFault(text)
  return fault === undefined
    ? invalidJson('it cannot be read', 'Check the body.')
    : faultAt(text, fault.at, fault.expected)
}

function faultAt(text: string, at: number, expected = 'the string to end'): GatewayError {
  const { line, column } = lineAndColumn(text, at)
  const found = at >= text.length ? 'the body ended' : `found ${JSON.stringify(text.slice(at, at + 1))}`
  return invalidJson(
    `at position ${at} (line ${line}, column ${column}) ${found} where ${expected} was expected`,
    'Check the body there.',
  )
}

function tooDeep(depth: number): GatewayError {
  return new GatewayError('invalid-request', `The body nests ${depth} levels deep; ${deepest} are taken. Flatten it.`, {
    code: 'too_deep',
  })
}

function duplicateName(text: string): GatewayError {
  const path = shortened(duplicateMember(text) ?? '')
  const message = `'${path}' is given twice, so that nobody can say which is meant. Give it once.`
  return new GatewayError('invalid-request', message, { code: 'duplicate_parameter', param: path })
}

function dangerousName(): GatewayError {
  return new GatewayError('invalid-request', "A member may not be called '__proto__'. Give it another name.", {
    code: 'invalid_parameter',
  })
}
