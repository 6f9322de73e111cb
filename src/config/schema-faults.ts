/** Says in words what the schema found wrong: what is there, and what should be. */
import type { z } from 'zod'
import { type Finding, formatPath, kindOf } from './finding.ts'
import { nearest } from './nearest.ts'

type Issue = z.core.$ZodIssue

/** One finding an issue. `hidden` are the paths whose values must not be shown. */
export function schemaFaults(error: z.ZodError, value: unknown, hidden: ReadonlySet<string>): Finding[] {
  return error.issues.map((issue) => {
    const steps = issue.path as (string | number)[]
    const path = formatPath(steps)
    const found = steps.reduce<unknown>((outer, step) => Object(outer)[step], value)
    const guess = issue.code === 'invalid_value' && typeof found === 'string' ? nearest(found, words(issue)) : undefined
    return {
      path,
      message: `found ${show(found, issue, hidden.has(path))}, expected ${expectation(issue)}.`,
      ...(guess === undefined ? {} : { nearest: guess }),
    }
  })
}

/** A text is shown only where a choice of words is expected: anywhere else it may be a key that was put into the wrong place. */
function show(found: unknown, issue: Issue, hidden: boolean): string {
  if (found === undefined) return 'nothing'
  if (hidden) return 'a value that is not shown'
  return typeof found === 'string' && issue.code === 'invalid_value' ? JSON.stringify(found) : kindOf(found)
}

function words(issue: Issue): string[] {
  return issue.code === 'invalid_value' ? issue.values.map(String) : []
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return kinds[issue.expected] ?? `a value of type ${issue.expected}`
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'too_small':
      return issue.origin === 'string'
        ? 'a text that is not empty'
        : `a number ${issue.inclusive ? 'of at least' : 'above'} ${issue.minimum}`
    case 'too_big':
      return `a number ${issue.inclusive ? 'of at most' : 'below'} ${issue.maximum}`
    default:
      // What other rules expect, the schema itself says in its `error`.
      return issue.message
  }
}
