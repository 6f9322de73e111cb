/**
 * Refuses the Messages requests the real service would refuse, in its words: first each field by the schema, then what fields must be
 * to one another. https://platform.claude.com/docs/en/api/messages/create, https://platform.claude.com/docs/en/api/errors
 */
import type { Refused } from '../errors.ts'
import { type Issue, leaves, optionsOf, type Path, valueAt } from '../issues.ts'
import { isUnlocked } from './betas.ts'
import { checkBlocks } from './check-blocks.ts'
import { checkCaching } from './check-caching.ts'
import { checkConversation } from './check-conversation.ts'
import { checkModel } from './check-model.ts'
import { checkOutput } from './check-output.ts'
import { checkThoughts } from './check-thoughts.ts'
import { checkTools } from './check-tools.ts'
import type { ClaudeRules } from './claude.ts'
import { invalid, invalidAt } from './errors.ts'
import { type Form, type MessagesRequest, schemas } from './request-schema.ts'

/** What decides what is taken, apart from the request itself. */
export interface Strictness {
  form: Form
  /** What the request calls the model. */
  model: string
  rules: ClaudeRules
  betas: ReadonlySet<string>
  /** Let unknown fields pass, at any depth. */
  lenient: boolean
}

/** What fields must be to one another. The first that is broken is told. */
export type Rule = (request: MessagesRequest, strictness: Strictness) => Refused | undefined

const rules: readonly Rule[] = [
  checkModel,
  checkTools,
  checkOutput,
  checkBlocks,
  checkConversation,
  checkThoughts,
  checkCaching,
]

/** The request, or a `Refused` thrown: nothing of it is changed on the way. */
export function checkRequest(body: unknown, strictness: Strictness): MessagesRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('Input should be a valid dictionary or object to extract fields from')
  }
  const refused = fieldFault(body, strictness)
  if (refused) throw refused
  const request = body as MessagesRequest
  for (const rule of rules) {
    const refusal = rule(request, strictness)
    if (refusal) throw refusal
  }
  return request
}

function fieldFault(body: object, { form, betas, lenient }: Strictness): Refused | undefined {
  const checked = schemas[form].safeParse(body)
  const issues = (checked.error?.issues ?? []).flatMap((issue) => leaves(issue, [], body))
  const kept = lenient ? issues.filter(({ code }) => code !== 'unrecognized_keys') : issues
  const first = kept.find(({ code, path }) => code === 'unrecognized_keys' && path.length === 0) ?? kept[0]
  if (first) return refusalOf(first, body)
  const locked = lenient ? undefined : lockedFields(body).find((place) => !isUnlocked(place, betas))
  return locked === undefined ? undefined : invalidAt(locked, extra)
}

/** The places of a request that a beta may have to unlock. */
function lockedFields(body: object): string[] {
  const inner = ['output_config', 'thinking'].flatMap((field) => {
    const value = valueAt(body, [field])
    return typeof value === 'object' && value !== null ? Object.keys(value).map((key) => `${field}.${key}`) : []
  })
  return [...Object.keys(body), ...inner]
}

const extra = 'Extra inputs are not permitted'

/** Where a union stands: the tag that was chosen is part of the place. */
const tagged = new Set(['source', 'thinking', 'tool_choice', 'caller'])

/** `messages.0.content.1.tool_use.id`, as the service writes places. */
export function placeOf(path: Path, body: unknown): string {
  let value = body
  const steps: string[] = []
  for (const [index, key] of path.entries()) {
    steps.push(String(key))
    value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined
    const above = path[index - 1]
    const listed = typeof key === 'number' && (above === 'content' || above === 'tools')
    const inside = index < path.length - 1 && path[index + 1] !== 'type'
    if (inside && (listed || tagged.has(String(key)))) steps.push(...tagOf(value, above === 'tools'))
  }
  return steps.join('.')
}

function tagOf(value: unknown, isTool: boolean): string[] {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
  if (typeof type === 'string') return [type]
  return isTool ? ['custom'] : []
}

const kinds: Record<string, string> = {
  string: 'a valid string',
  int: 'a valid integer',
  number: 'a valid number',
  boolean: 'a valid boolean',
  array: 'a valid list',
  object: 'a valid dictionary or object to extract fields from',
  record: 'a valid dictionary',
}

const quoted = (values: readonly unknown[]) => values.map((value) => `'${String(value)}'`)
const either = (values: readonly unknown[]) =>
  quoted(values)
    .join(' or ')
    .replaceAll(/ or (?=.* or )/g, ', ')

function refusalOf(issue: Issue, body: unknown): Refused {
  if (issue.code === 'unrecognized_keys') return invalidAt(placeOf([...issue.path, issue.keys[0]!], body), extra)
  return invalidAt(placeOf(issue.path, body), wordsOf(issue, valueAt(body, issue.path)))
}

function wordsOf(issue: Issue, value: unknown): string {
  if (value === undefined) return 'Field required'
  switch (issue.code) {
    case 'invalid_type':
      return `Input should be ${kinds[issue.expected] ?? `a valid ${issue.expected}`}`
    case 'invalid_value':
      return `Input should be ${either(issue.values)}`
    case 'invalid_union':
      if (!issue.discriminator) return 'Input should be a valid string'
      return `Input tag '${String(value).slice(0, 100)}' found using '${issue.discriminator}' does not match any of the expected tags: ${quoted(optionsOf(issue)).join(', ')}`
    case 'too_small':
    case 'too_big':
      return rangeWords(issue, value)
    case 'invalid_format':
      return `String should match pattern '${'pattern' in issue ? String(issue.pattern).replace(/^\/(.*)\/[a-z]*$/, '$1') : issue.format}'`
    default:
      return 'Input is not valid'
  }
}

function rangeWords(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, value: unknown): string {
  const [bound, side] = issue.code === 'too_small' ? [issue.minimum, 'least'] : [issue.maximum, 'most']
  if (typeof value === 'string') return `String should have at ${side} ${bound} character${bound === 1 ? '' : 's'}`
  if (Array.isArray(value)) {
    return `List should have at ${side} ${bound} item${bound === 1 ? '' : 's'} after validation, not ${value.length}`
  }
  return `Input should be ${side === 'least' ? 'greater' : 'less'} than or equal to ${bound}`
}
