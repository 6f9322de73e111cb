/** The configuration file that says what the usual environment variables of the providers say. */
import type { JsonObject } from '../core/json.ts'
import type { Provider } from '../core/provider.ts'
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
  if (auth.scheme === 'azure') {
    const version = firstSet(environment?.apiVersion)
    return { keys: [{ ...entry, azure_key_config: azureConfig(key, url, version, variables) }] }
  }
  const keys = key === undefined ? [] : [entry]
  return url === undefined ? { keys } : { keys, network_config: { base_url: url } }
}

/** The variables of which one more is needed. */
function missingPart(
  provider: Provider,
  key: string | undefined,
  address: string | undefined,
): readonly string[] | undefined {
  const { environment, auth, baseUrl } = provider
  if (address === undefined && baseUrl === undefined) return environment?.baseUrl ?? ['a configuration file']
  // Servers of one's own, which have no address before one gives it, often ask for no key.
  const keyless = auth.scheme === 'none' || auth.scheme === 'azure' || baseUrl === undefined
  return key === undefined && !keyless ? environment?.key : undefined
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
