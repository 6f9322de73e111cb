/** What a schema found wrong with a request, made ready to be told in a service's words. */
import type { z } from 'zod'

export type Issue = z.core.$ZodIssue
export type Path = readonly PropertyKey[]

/** The issues of a union are those of the branch that was meant: the one whose outermost type fits. */
export function leaves(issue: Issue, parent: Path, body: unknown): Issue[] {
  const path = [...parent, ...issue.path]
  const here = { ...issue, path } as Issue
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [here]
  const meant = issue.errors.find((branch) => branch.every((inner) => inner.path.length > 0 || !isTypeIssue(inner)))
  return meant ? meant.flatMap((inner) => leaves(inner, path, body)) : [here]
}

function isTypeIssue(issue: Issue): boolean {
  return issue.code === 'invalid_type' || (issue.code === 'invalid_union' && issue.errors.length === 0)
}

/** What stands at a place of a body. */
export function valueAt(body: unknown, path: Path): unknown {
  let value = body
  for (const key of path) value = value === null ? undefined : (value as Record<PropertyKey, unknown>)[key]
  return value
}

/** What a discriminator may be: zod tells, its types do not say so. */
export function optionsOf(issue: Issue): unknown[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options : []
}
