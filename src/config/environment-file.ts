/** The configuration file that says what the usual environment variables of the providers say. */
import type { JsonObject } from '../core/json.ts'
import type { Provider } from '../core/provider.ts'
import { needsKey } from './known-providers.ts'
import { proxyVariables } from './proxy.ts'
import type { Variables } from './reference.ts'

interface Surroundings {
  readonly providers: readonly Provider[]
  readonly variables: Variables
}

/** A file of the current version, and what was found that does not suffice. */
export function environmentFile({ providers, variables }: Surroundings): { file: JsonObject; notes: string[] } {
  const notes: string[] = []
  const entries: [string, JsonObject][] = []
  // Where there is no file to say otherwise, a proxy that the machine has is the way out.
  const proxy = proxyVariables(variables).length > 0 ? { proxy_config: { type: 'environment' } } : {}
  for (const provider of providers) {
    const entry = providerEntry(provider, variables, notes)
    if (entry !== undefined) entries.push([provider.id, { ...entry, ...proxy }])
  }
  return { file: { version: 2, providers: Object.fromEntries(entries) }, notes }
}

/** Variables that would configure a provider, and that the file in use neither names nor replaces. */
export function unusedVariables(
  { providers, variables }: Surroundings,
  used: { readonly value: unknown; readonly variables: ReadonlySet<string> },
): string[] {
  const value = used.value as { readonly providers?: object } | null
  const configured = new Set(Object.keys(Object(value?.providers)))
  const notes: string[] = []
  for (const { id, name, environment } of providers) {
    if (configured.has(id)) continue
    const found = [...(environment?.key ?? []), ...(environment?.baseUrl ?? [])].find((variable) => variables[variable])
    if (found !== undefined && !used.variables.has(found)) notes.push(`${found} is set, which would configure ${name}`)
  }
  return notes
}

function providerEntry(provider: Provider, variables: Variables, notes: string[]): JsonObject | undefined {
  const { environment, name, auth } = provider
  const firstSet = (names: readonly string[] | undefined) => names?.find((variable) => variables[variable]?.trim())
  if (auth.scheme === 'google') return googleEntry(firstSet(environment?.project), firstSet(environment?.region))
  const key = firstSet(environment?.key)
  const address = firstSet(environment?.baseUrl)
  const found = key ?? address
  if (found === undefined) return undefined
  const missing = missingPart(provider, key, address)
  if (missing !== undefined) {
    notes.push(`${found} is set, but not ${missing.join(' or ')}: ${name} is not configured.`)
    return undefined
  }
  const url = address === undefined ? undefined : readBaseUrl(variables[address]!.trim(), provider)
  if (address !== undefined && url === undefined) {
    notes.push(`${address} is set, but is no URL: ${name} is not configured.`)
    return undefined
  }
  const entry = { name: found, ...(key === undefined ? {} : { value: `env.${key}` }), models: ['*'], weight: 1 }
  if (auth.scheme === 'aws') return awsEntry(entry, firstSet(environment?.region), provider, notes)
  if (auth.scheme === 'azure') {
    const version = firstSet(environment?.apiVersion)
    return { keys: [{ ...entry, azure_key_config: azureConfig(key, url, version, variables) }] }
  }
  const keys = key === undefined ? [] : [entry]
  return url === undefined ? { keys } : { keys, network_config: { base_url: url } }
}

/** The project alone says no more than that there is one: it is the two together that mean models. */
function googleEntry(project: string | undefined, region: string | undefined): JsonObject | undefined {
  if (project === undefined || region === undefined) return undefined
  const place = { project_id: `env.${project}`, region: `env.${region}` }
  return { keys: [{ name: project, models: ['*'], weight: 1, vertex_key_config: place }] }
}

/** An API key for models means models; the access keys of a machine are for anything, and do not. */
function awsEntry(
  entry: JsonObject,
  region: string | undefined,
  { environment, name }: Provider,
  notes: string[],
): JsonObject | undefined {
  if (region !== undefined) return { keys: [{ ...entry, bedrock_key_config: { region: `env.${region}` } }] }
  notes.push(`${entry['name']} is set, but not ${environment?.region?.join(' or ')}: ${name} is not configured.`)
  return undefined
}

/** The variables of which one more is needed. */
function missingPart(
  provider: Provider,
  key: string | undefined,
  address: string | undefined,
): readonly string[] | undefined {
  const { environment, baseUrl, regionalUrl } = provider
  if (address === undefined && (baseUrl ?? regionalUrl) === undefined)
    return environment?.baseUrl ?? ['a configuration file']
  return key === undefined && needsKey(provider, {}) ? environment?.key : undefined
}

/** Without a key, the Entra application that the usual three variables tell of, or else whatever identity the machine has. */
function azureConfig(
  key: string | undefined,
  endpoint: string | undefined,
  version: string | undefined,
  variables: Variables,
): JsonObject {
  const entra = { client_id: 'AZURE_CLIENT_ID', client_secret: 'AZURE_CLIENT_SECRET', tenant_id: 'AZURE_TENANT_ID' }
  const complete = key === undefined && Object.values(entra).every((name) => variables[name])
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(version === undefined ? {} : { api_version: `env.${version}` }),
    ...(complete ? Object.fromEntries(Object.entries(entra).map(([key, name]) => [key, `env.${name}`])) : {}),
  }
}

/** The URL in a variable; undefined where there is none. */
function readBaseUrl(text: string, { environment }: Provider): string | undefined {
  try {
    return environment?.readBaseUrl?.(text) ?? new URL(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`).href
  } catch {
    return undefined
  }
}
