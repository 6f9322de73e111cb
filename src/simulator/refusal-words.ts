/**
 * Says what is wrong with a request in the words of OpenAI, whichever of its APIs was asked.
 * https://platform.openai.com/docs/guides/error-codes/api-errors
 */
import { badRequest, type Refused } from './errors.ts'
import { type Issue, optionsOf, type Path, valueAt } from './issues.ts'

/** A body that is no object is refused before anything is looked for in it. */
export function objectOf(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  throw badRequest(
    `Invalid type for request body: expected an object, but got ${kindOf(body)} instead.`,
    null,
    'invalid_type',
  )
}

/** `messages[0].content`, as the service writes places. */
export function placeOf(path: Path): string {
  return path.reduce<string>((place, key) => {
    if (typeof key === 'number') return `${place}[${key}]`
    return place === '' ? String(key) : `${place}.${String(key)}`
  }, '')
}

/** What a value is, in words. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

const kinds: Record<string, string> = {
  string: 'a string',
  int: 'an integer',
  number: 'a decimal',
  boolean: 'a boolean',
  array: 'an array',
  object: 'an object',
  record: 'an object',
}

const list = (values: readonly unknown[]) => values.map((value) => `'${String(value)}'`).join(', ')

/** What a schema found wrong, as a refusal. `body` is what it looked at. */
export function refusalOf(issue: Issue, body: unknown): Refused {
  const place = placeOf(issue.path)
  if (issue.code === 'unrecognized_keys') return unknownField(issue.keys, issue.path)
  const value = valueAt(body, issue.path)
  if (value === undefined)
    return badRequest(`Missing required parameter: '${place}'.`, place, 'missing_required_parameter')
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(place, kinds[issue.expected] ?? issue.expected, value)
    case 'invalid_value':
      return notOneOf(place, value, issue.values)
    case 'invalid_union':
      if (issue.discriminator) return notOneOf(place, value, optionsOf(issue))
      return wrongType(place, unionKinds(issue.errors), value)
    case 'too_small':
    case 'too_big':
      return outOfRange(place, issue, value)
    case 'invalid_format':
      return wrongPattern(place, 'pattern' in issue ? String(issue.pattern) : issue.format)
    case 'invalid_key':
      return badRequest(`Invalid '${place}': string too long in a key.`, place, 'string_above_max_length')
    default:
      return badRequest(`Invalid '${place}'.`, place, 'invalid_value')
  }
}

/** `pattern` comes as a literal, between slashes. */
function wrongPattern(place: string, pattern: string): Refused {
  const expected = pattern.replace(/^\/(.*)\/[a-z]*$/, '$1')
  return badRequest(
    `Invalid '${place}': string does not match pattern. Expected a string that matches the pattern '${expected}'.`,
    place,
    'invalid_value',
  )
}

function unknownField(keys: string[], path: Path): Refused {
  const place = placeOf([...path, keys[0]!])
  return badRequest(`Unknown parameter: '${place}'.`, place, 'unknown_parameter')
}

/** A value of another type than it must be. */
export function wrongType(place: string, expected: string, value: unknown): Refused {
  return badRequest(
    `Invalid type for '${place}': expected ${expected}, but got ${kindOf(value)} instead.`,
    place,
    'invalid_type',
  )
}

function unionKinds(branches: readonly Issue[][]): string {
  const expected = branches.map(([issue]) => {
    if (issue?.code === 'invalid_type') return kinds[issue.expected] ?? issue.expected
    return issue?.code === 'invalid_value' ? 'a string' : 'an object'
  })
  return `one of ${expected.join(' or ')}`
}

function notOneOf(place: string, value: unknown, options: readonly unknown[]): Refused {
  if (typeof value !== 'string') return wrongType(place, `one of ${list(options)}`, value)
  return badRequest(
    `Invalid value: '${value.slice(0, 100)}'. Supported values are: ${list(options)}.`,
    place,
    'invalid_value',
  )
}

function outOfRange(place: string, issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, value: unknown): Refused {
  const below = issue.code === 'too_small'
  const bound = Number(below ? issue.minimum : issue.maximum)
  if (Array.isArray(value)) {
    if (value.length === 0) {
      const text = `empty array. Expected an array with minimum length ${bound}, but got an empty array instead.`
      return badRequest(`Invalid '${place}': ${text}`, place, 'empty_array')
    }
    const text = `array too long. Expected an array with maximum length ${bound}, but got an array with length ${value.length} instead.`
    return badRequest(`Invalid '${place}': ${text}`, place, 'array_above_max_length')
  }
  if (typeof value === 'string') {
    const [fault, limit, code] = below
      ? ['empty string', 'minimum', 'empty_string']
      : ['string too long', 'maximum', 'string_above_max_length']
    const text = `${fault}. Expected a string with ${limit} length ${bound}, but got a string with length ${value.length} instead.`
    return badRequest(`Invalid '${place}': ${text}`, place, code)
  }
  if (typeof value === 'object') {
    const text = `too many properties. Expected an object with at most ${bound} properties.`
    return badRequest(`Invalid '${place}': ${text}`, place, 'object_above_max_properties')
  }
  const kind = issue.origin === 'int' ? 'integer' : 'decimal'
  const [side, sign, code] = below ? ['below minimum', '>=', 'below_min'] : ['above maximum', '<=', 'above_max']
  return badRequest(
    `Invalid '${place}': ${kind} ${side} value. Expected a value ${sign} ${bound}, but got ${value} instead.`,
    place,
    `${kind}_${code}_value`,
  )
}
