/** A value that stands elsewhere: `env.NAME`, or the same as an object. */

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>

/** What a text of the configuration means. */
export type Reference =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'unsupported'; readonly found: string; readonly expected: string }

/** The keys of the object form, `{"value": "env.NAME"}`, `{"env_var": "NAME", "from_env": true}` and so on. */
const objectKeys: ReadonlySet<string> = new Set(['value', 'ref', 'type', 'env_var', 'from_env'])

/** Reads a text, or the object form of one; undefined where it is neither. */
export function readReference(value: unknown): Reference | undefined {
  if (typeof value === 'string') return readText(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const keys = Object.keys(value)
  if (keys.length === 0 || !keys.every((key) => objectKeys.has(key))) return undefined
  return readObject(value as Record<string, unknown>)
}

function readText(text: string): Reference {
  const name = /^env\.([A-Za-z_]\w*)$/.exec(text)?.[1]
  if (name !== undefined) return { kind: 'variable', name }
  if (/^vault\.[\w./#:-]+$/.test(text)) return noVault
  return { kind: 'text', text }
}

function readObject(form: Record<string, unknown>): Reference | undefined {
  if (form['type'] === 'vault') return noVault
  const fromEnvironment = form['type'] === 'env' || form['from_env'] === true
  const texts = [form['env_var'], form['ref'], form['value']].filter((text) => typeof text === 'string' && text !== '')
  const text = (fromEnvironment ? texts[0] : (form['value'] ?? texts[0])) as string | undefined
  if (typeof text !== 'string') return undefined
  const reference = readText(text)
  return fromEnvironment && reference.kind === 'text' ? { kind: 'variable', name: reference.text } : reference
}

const noVault: Reference = {
  kind: 'unsupported',
  found: 'a reference to a vault',
  expected: 'the value, or `env.NAME`; vaults are not supported',
}
