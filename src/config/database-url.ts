/** Reads `DATABASE_URL`, which may have been set for another program. */
import type { Variables } from './reference.ts'

export type DatabaseUrl =
  | { readonly kind: 'none' }
  | { readonly kind: 'postgres'; readonly text: string }
  /** Of another kind, or nothing that could be read. */
  | { readonly kind: 'other' }

export function readDatabaseUrl(variables: Variables): DatabaseUrl {
  const text = variables['DATABASE_URL']?.trim()
  if (text === undefined || text === '') return { kind: 'none' }
  return /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text) ? { kind: 'postgres', text } : { kind: 'other' }
}
