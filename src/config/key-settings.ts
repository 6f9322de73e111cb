/** Makes a provider's key of a snapshot out of its entry. */
import type { Provider } from '../core/provider.ts'
import { Secret } from '../core/secret.ts'
import type { Alias, Credential, ProviderKey } from '../core/snapshot.ts'
import { azureScope } from '../providers/azure.ts'
import { addressOf, withoutSlash } from './address.ts'
import { keyName } from './known-providers.ts'
import { allowedModels, lowerCase, type Version } from './model-list.ts'
import type { AliasEntry, KeyEntry } from './schema.ts'

export function buildKey(key: KeyEntry, index: number, provider: Provider, version: Version): ProviderKey {
  const name = keyName(key.name, provider.id, index)
  const deployments = Object.entries(key.azure_key_config?.deployments ?? {})
  const model = key.vllm_key_config?.model_name || undefined
  return {
    id: key.id ?? name,
    name,
    credential: buildCredential(key, provider),
    weight: key.weight ?? 1,
    enabled: key.enabled ?? true,
    models: allowedModels(key.models, key.blacklisted_models, version),
    blacklist: lowerCase(key.blacklisted_models),
    aliases: buildAliases([...deployments, ...Object.entries(key.aliases ?? {})], model),
    // A server with one model has no other; a list of deployments was all there is when version 1 was the only one.
    aliasesOnly: model !== undefined || (version === 1 && deployments.length > 0),
    baseUrl: withoutSlash(addressOf(key)),
    apiVersion: key.azure_key_config?.api_version || undefined,
  }
}

/** `served` is the one model the server has: it goes by its own name as well. */
function buildAliases(
  entries: readonly (readonly [string, AliasEntry])[],
  served: string | undefined,
): ReadonlyMap<string, Alias> {
  const aliases = new Map(entries.map(([name, entry]) => [name.toLowerCase(), buildAlias(entry)]))
  if (served !== undefined && !aliases.has(served.toLowerCase())) aliases.set(served.toLowerCase(), { model: served })
  return aliases
}

function buildAlias(entry: AliasEntry): Alias {
  if (typeof entry === 'string') return { model: entry }
  const { model_id: model, api_version: apiVersion, endpoint } = entry
  const baseUrl = withoutSlash(endpoint)
  return {
    model,
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  }
}

/** Azure: an Entra application comes before a key, and the machine's own identity is what is left. */
function buildCredential(key: KeyEntry, { auth }: Provider): Credential {
  const azure = key.azure_key_config ?? {}
  const scope = azure.scopes?.join(' ') || azureScope
  if (auth.scheme === 'azure' && azure.client_id && azure.client_secret && azure.tenant_id) {
    const { client_id: clientId, client_secret: clientSecret, tenant_id: tenantId } = azure
    return { kind: 'entra-client', tenantId, clientId, clientSecret: new Secret(clientSecret), scope }
  }
  if (key.value && auth.scheme !== 'none') return { kind: 'secret', secret: new Secret(key.value) }
  return auth.scheme === 'azure'
    ? { kind: 'entra-machine', clientId: azure.client_id || undefined, scope }
    : { kind: 'none' }
}
