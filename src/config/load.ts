/** Reads a configuration and tells everything that is wrong with it at once. */
import { readFile } from 'node:fs/promises'
import type { Provider } from '../core/provider.ts'
import { checkMeaning } from './check-meaning.ts'
import { type Draft, without } from './draft.ts'
import { environmentFile, unusedVariables } from './environment-file.ts'
import { ConfigFaults, type Finding, isWithin } from './finding.ts'
import { type Document, parseJsonc, SyntaxFault } from './jsonc.ts'
import type { Variables } from './reference.ts'
import { type Resolution, resolve } from './resolve.ts'
import { type Config, configSchema } from './schema.ts'
import { schemaFaults } from './schema-faults.ts'

/** A configuration that can be used. */
export interface Loaded {
  readonly config: Config
  /** Where it comes from, for people: a file name, or `the environment`. */
  readonly origin: string
  /** What is odd, but does not keep it from being used. */
  readonly warnings: readonly Finding[]
  /** What may surprise, though nothing is wrong. */
  readonly notes: readonly string[]
}

export interface LoadOptions {
  /** Every provider there is. */
  readonly providers: readonly Provider[]
  /** What `env.NAME` refers to. */
  readonly variables: Variables
}

/** A configuration larger than this is none. */
const maximumLength = 20_000_000

/** Reads a file. Throws `ConfigFaults`, also when it cannot be read. */
export async function loadFile(file: string, options: LoadOptions): Promise<Loaded> {
  return loadText(await readConfigFile(file), file, options)
}

/** The text of a file. Throws `ConfigFaults`. */
export async function readConfigFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const reason = code === 'ENOENT' ? 'there is no such file' : (error as Error).message
    throw new ConfigFaults(file, [{ path: '', message: `cannot be read: ${reason}.` }])
  }
}

/** Reads the text of a file: JSON, with comments and trailing commas. Throws `ConfigFaults`. */
export function loadText(text: string, origin: string, options: LoadOptions): Loaded {
  const document = parse(text, origin)
  const notes = (resolution: Resolution) =>
    unusedVariables(options, resolution).map((note) => `${note}, but ${origin} does not use it.`)
  return check(document, origin, options, notes)
}

/** Reads what the usual environment variables of the providers say, for those who have no file. Throws `ConfigFaults`. */
export function loadEnvironment(options: LoadOptions): Loaded {
  const { file, notes } = environmentFile(options)
  const document: Document = { value: file, duplicates: [], locate: () => undefined }
  return check(document, 'the environment', options, () => notes)
}

function parse(text: string, origin: string): Document {
  if (text.length > maximumLength) throw new ConfigFaults(origin, [{ path: '', message: 'is too large.' }])
  try {
    return parseJsonc(text)
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    throw new ConfigFaults(origin, [{ path: '', message: `${error.message}.`, ...error.position }])
  }
}

function check(
  document: Document,
  origin: string,
  options: LoadOptions,
  notes: (resolution: Resolution) => readonly string[],
): Loaded {
  const resolution = resolve(configSchema, document.value, options.variables)
  const parsed = configSchema.safeParse(resolution.value)
  const unfit = [
    ...resolution.faults,
    ...(parsed.success ? [] : schemaFaults(parsed.error, resolution.value, resolution.hidden)),
  ]
  const report = checkMeaning(draftOf(resolution.value, unfit), options.providers)
  const doubled = document.duplicates.map((path) => ({ path, message: 'found a second time, expected once.' }))
  const faults = [...doubled, ...unfit, ...report.faults]
  const warnings = [...resolution.unknownKeys, ...withoutFaulty(report.warnings, faults), ...effectless(resolution)]
  const placed = (findings: readonly Finding[]) => inOrder(findings.map((finding) => place(finding, document)))
  if (!parsed.success || faults.length > 0)
    throw new ConfigFaults(origin, placed(onePerPlace(faults)), placed(warnings))
  return { config: parsed.data, origin, warnings: placed(warnings), notes: notes(resolution) }
}

/** What is left without the faulty parts; nothing, when the whole is no object. */
function draftOf(value: unknown, faults: readonly Finding[]): Draft<Config> {
  return (without(value, new Set(faults.map((fault) => fault.path))) ?? {}) as Draft<Config>
}

/** A value that is missing because its reference failed is not to be missed as well. */
function onePerPlace(faults: readonly Finding[]): Finding[] {
  return [...new Map(faults.toReversed().map((fault) => [fault.path, fault])).values()].reverse()
}

/** What was left out because it is faulty looks empty to the checks, and is not. */
function withoutFaulty(warnings: readonly Finding[], faults: readonly Finding[]): Finding[] {
  return warnings.filter((warning) => !faults.some((fault) => isWithin(fault.path, warning.path)))
}

function effectless({ withoutEffect }: Resolution): Finding[] {
  if (withoutEffect.size === 0) return []
  return [
    { path: '', message: `Known keys that are accepted and have no effect yet: ${[...withoutEffect].join(', ')}.` },
  ]
}

function place(finding: Finding, document: Document): Finding {
  const position = finding.path === '' ? undefined : document.locate(finding.path)
  return position === undefined ? finding : { ...finding, ...position }
}

/** As they stand in the file; what concerns the whole comes last. */
function inOrder(findings: Finding[]): Finding[] {
  const line = (finding: Finding) => finding.line ?? Number.MAX_SAFE_INTEGER
  return findings.sort((one, other) => line(one) - line(other) || (one.column ?? 0) - (other.column ?? 0))
}
