/** What reading a configuration finds fault with: where it is, what is there, what should be. */

/** The way to a value: `['providers', 'openai', 'keys', 0]`. */
export type Path = readonly (string | number)[]

/** Something to tell about one place in a configuration. Never holds a secret. */
export interface Finding {
  /** As people write it: `providers.openai.keys[0].weight`; empty for the configuration as a whole. */
  readonly path: string
  readonly message: string
  /** The known name a misspelt one was probably meant to be. */
  readonly nearest?: string
  readonly line?: number
  readonly column?: number
}

/** Thrown for a configuration that cannot be used. Holds every fault, and what else there was to say. */
export class ConfigFaults extends Error {
  override readonly name = 'ConfigFaults'
  readonly origin: string
  readonly faults: readonly Finding[]
  readonly warnings: readonly Finding[]

  constructor(origin: string, faults: readonly Finding[], warnings: readonly Finding[] = []) {
    const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`
    super([`${origin} has ${count}:`, ...faults.map((fault) => `  ${findingText(fault)}`)].join('\n'))
    this.origin = origin
    this.faults = faults
    this.warnings = warnings
  }
}

/** A finding on one line. */
export function findingText(finding: Finding): string {
  const position = finding.line === undefined ? '' : `line ${finding.line}, column ${finding.column}`
  const place = finding.path === '' ? position : finding.path + (position === '' ? '' : ` (${position})`)
  const guess = finding.nearest === undefined ? '' : ` Did you mean ${JSON.stringify(finding.nearest)}?`
  return `${place === '' ? '' : `${place}: `}${finding.message}${guess}`
}

/** `providers.openai.keys[0].aliases["gpt-4.1"]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    if (!/^[\w$-]+$/.test(step)) return `${text}[${JSON.stringify(step)}]`
    return text === '' ? step : `${text}.${step}`
  }, '')
}

/** Is the place `inner` the place `outer`, or inside it? Both as `formatPath` writes them. */
export function isWithin(inner: string, outer: string): boolean {
  return (
    inner.startsWith(outer) && (inner.length === outer.length || outer === '' || '.['.includes(inner[outer.length]!))
  )
}

/** Names the kind of a value, without showing what may be a secret. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  return typeof value === 'string' ? 'a text' : String(value)
}
