/** From the faults a schema found in a request to the one error a client is told, in OpenAI's words and codes. */
import type { z } from 'zod'
import { type GatewayError, invalidRequest } from './errors.ts'
import { isJsonObject, type Json } from './json.ts'
import { shortened } from './shortened.ts'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** The first fault, as its own sentence: what was found, where, and what is expected there. */
export function requestFault(error: z.ZodError | undefined, body: Json): GatewayError {
  const [first] = error?.issues ?? []
  if (first === undefined) return invalidRequest('Invalid request body.')
  const issue = mostTelling(first, body)
  const found = valueAt(body, issue.path)
  const where = pathText(issue.path)
  const { message, code } = found === undefined ? missing(where) : told(issue, where, found)
  return invalidRequest(message, where === '' ? undefined : where, code)
}

/** Of a union, the fault inside the branch that was meant; the union's own where no branch fits the kind of value at all. */
function mostTelling(issue: Issue, body: Json): Issue {
  if (issue.code !== 'invalid_union') return issue
  const found = valueAt(body, issue.path)
  const errors = issue.errors.flatMap(([error]) => error ?? [])
  const best = Math.max(...errors.map((error) => nearness(error, found)))
  const error = errors.find((error) => nearness(error, found) === best)
  if (error === undefined || best === 0) return issue
  return mostTelling({ ...error, path: [...issue.path, ...error.path] }, body)
}

/** How near a branch came: 0 another kind of value, 1 another `type`, 2 the branch that was meant. */
function nearness({ path, code }: Issue, found: Json | undefined): number {
  if (path.length === 0)
    return code === 'invalid_type' || (code === 'invalid_value' && typeof found !== 'string') ? 0 : 2
  return path.length === 1 && path[0] === 'type' && code !== 'invalid_type' ? 1 : 2
}

interface Told {
  message: string
  code: string
}

function missing(where: string): Told {
  return where === ''
    ? { message: 'Missing request body: expected a JSON object.', code: 'missing_required_parameter' }
    : { message: `Missing required parameter: '${where}'.`, code: 'missing_required_parameter' }
}

function told(issue: Issue, where: string, found: Json): Told {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(where, [issue.expected], found)
    case 'invalid_value':
      return wrongValue(issue.values, where, found)
    case 'too_small':
      return outside(where, found, 'below', 'minimum', Number(issue.minimum))
    case 'too_big':
      return outside(where, found, 'above', 'maximum', Number(issue.maximum))
    case 'not_multiple_of':
      return wrongType(where, ['int'], found)
    case 'invalid_union':
      return noBranch(issue, where, found)
    default:
      return { message: `Invalid '${where}': expected ${issue.message}.`, code: 'invalid_value' }
  }
}

function wrongType(where: string, expected: readonly string[], found: Json): Told {
  const kinds = expected.map((kind) => kindNames[kind] ?? kind)
  const wanted = kinds.length > 1 ? `one of ${kinds.join(' or ')}` : kinds[0]
  const place = where === '' ? 'the request body' : `'${where}'`
  return {
    message: `Invalid type for ${place}: expected ${wanted}, but got ${kindOf(found)} instead.`,
    code: 'invalid_type',
  }
}

function wrongValue(values: readonly unknown[], where: string, found: Json): Told {
  if (typeof found !== 'string') return wrongType(where, ['string'], found)
  const supported = values.map((value) => `'${value}'`).join(', ')
  return {
    message: `Invalid value for '${where}': '${shortened(found, 60)}'. Supported values are: ${supported}.`,
    code: 'invalid_value',
  }
}

function outside(where: string, found: Json, side: 'below' | 'above', bound: string, limit: number): Told {
  if (typeof found === 'number') {
    const kind = Number.isInteger(found) ? 'integer' : 'decimal'
    const sign = side === 'below' ? '>=' : '<='
    return {
      message: `Invalid '${where}': ${kind} ${side} ${bound} value. Expected a value ${sign} ${limit}, but got ${found} instead.`,
      code: `${kind}_${side}_${bound.slice(0, 3)}_value`,
    }
  }
  const kind = Array.isArray(found) ? 'array' : 'string'
  const length = Array.isArray(found) ? found.length : String(found).length
  return {
    message: `Invalid '${where}': ${kind} too ${side === 'below' ? 'short' : 'long'}. Expected ${kindNames[kind]} with ${bound} length ${limit}, but got one with length ${length} instead.`,
    code: length === 0 ? `empty_${kind}` : `${kind}_${side}_${bound.slice(0, 3)}_length`,
  }
}

function noBranch(issue: Extract<Issue, { code: 'invalid_union' }>, where: string, found: Json): Told {
  if ('options' in issue && Array.isArray(issue.options)) return wrongValue(issue.options, where, found)
  const kinds = issue.errors.map(([first]) => (first?.code === 'invalid_type' ? first.expected : 'string'))
  const told = wrongType(where, [...new Set(kinds)], found)
  return issue.message === 'Invalid input' ? told : { ...told, message: `${told.message} The ${issue.message}.` }
}

/** What a schema calls a kind of value → how a sentence names it. */
const kindNames: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'a boolean',
  array: 'an array',
  object: 'an object',
  record: 'an object',
}

function kindOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return kindNames[typeof value] ?? typeof value
}

function valueAt(body: Json, path: Path): Json | undefined {
  let value: Json | undefined = body
  for (const key of path) {
    if (Array.isArray(value)) value = value[Number(key)]
    else if (isJsonObject(value)) value = value[String(key)]
    else return undefined
  }
  return value
}

/** `messages[0].content`, as OpenAI writes paths. */
function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = shortened(String(key))
    return text === '' ? name : `${text}.${name}`
  }, '')
}
