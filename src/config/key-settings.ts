/** Makes a provider's key of a snapshot out of its entry. */
import type { Provider } from '../core/provider.ts'
import { Secret } from '../core/secret.ts'
import type { Alias, Credential, ProviderKey } from '../core/snapshot.ts'
import { azureScope } from '../providers/azure.ts'
import { addressOf, withoutSlash } from './address.ts'
import { isJson, projectIn } from './google-account.ts'
import { keyName } from './known-providers.ts'
import { allowedModels, lowerCase, type Version } from './model-list.ts'
import type { AliasEntry, KeyEntry } from './schema.ts'

export function buildKey(key: KeyEntry, index: number, provider: Provider, version: Version): ProviderKey {
  const name = keyName(key.name, provider.id, index)
  const deployments = Object.entries({
    ...key.azure_key_config?.deployments,
    ...key.vertex_key_config?.deployments,
    ...key.bedrock_key_config?.deployments,
  })
  const model = key.vllm_key_config?.model_name || undefined
  return {
    id: key.id ?? name,
    name,
    credential: buildCredential(key, provider),
    weight: key.weight ?? 1,
    enabled: key.enabled ?? true,
    models: allowedModels(key.models, key.blacklisted_models, version),
    blacklist: lowerCase(key.blacklisted_models),
    aliases: buildAliases([...deployments, ...Object.entries(key.aliases ?? {})], model, key.bedrock_key_config?.arn),
    // A server with one model has no other; a list of deployments was all there is when version 1 was the only one.
    aliasesOnly: model !== undefined || (version === 1 && deployments.length > 0),
    baseUrl: withoutSlash(addressOf(key)),
    apiVersion: key.azure_key_config?.api_version || undefined,
    ...vertexPlace(key.vertex_key_config),
    ...(key.bedrock_key_config?.region && { region: key.bedrock_key_config.region }),
  }
}

/** `served` is the one model the server has: it goes by its own name as well. `arn` stands in front of what is no ARN itself. */
function buildAliases(
  entries: readonly (readonly [string, AliasEntry])[],
  served: string | undefined,
  arn: string | undefined,
): ReadonlyMap<string, Alias> {
  const aliases = new Map(
    entries.map(([name, entry]) => {
      const alias = buildAlias(entry)
      const bare = arn && !alias.model.startsWith('arn:')
      return [name.toLowerCase(), bare ? { ...alias, model: `${arn.replace(/\/$/, '')}/${alias.model}` } : alias]
    }),
  )
  if (served !== undefined && !aliases.has(served.toLowerCase())) aliases.set(served.toLowerCase(), { model: served })
  return aliases
}

function buildAlias(entry: AliasEntry): Alias {
  if (typeof entry === 'string') return { model: entry }
  const { model_id: model, model_name: listedAs, model_family: family, api_version: apiVersion, endpoint } = entry
  const region = entry.region || undefined
  const baseUrl = withoutSlash(endpoint)
  return {
    model,
    ...(listedAs === undefined ? {} : { listedAs }),
    ...(family === undefined ? {} : { family }),
    ...(region === undefined ? {} : { region }),
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
  const account = key.vertex_key_config?.auth_credentials
  if (auth.scheme === 'google' && (account || !key.value)) return googleCredential(account)
  if (key.value && auth.scheme !== 'none') return { kind: 'secret', secret: new Secret(key.value) }
  if (auth.scheme === 'aws') return awsCredential(key.bedrock_key_config ?? {})
  return auth.scheme === 'azure'
    ? { kind: 'entra-machine', clientId: azure.client_id || undefined, scope }
    : { kind: 'none' }
}

/** The JSON of an account's key, or the path of a file with it; else whatever the machine is to Google. */
function googleCredential(account: string | undefined): Credential {
  if (!account) return { kind: 'google-default' }
  return isJson(account)
    ? { kind: 'google-credentials', json: new Secret(account) }
    : { kind: 'google-file', path: account }
}

/** Keys where there are any, else whatever AWS's own tools would find; either may take on a role. */
function awsCredential(bedrock: NonNullable<KeyEntry['bedrock_key_config']>): Credential {
  const { access_key: accessKey, secret_key: secretKey, session_token: token, role_arn: arn } = bedrock
  const region = bedrock.region || undefined
  const role = arn
    ? { arn, externalId: bedrock.external_id || undefined, sessionName: bedrock.session_name || undefined }
    : undefined
  if (!accessKey || !secretKey) return { kind: 'aws-default', region, role }
  const sessionToken = token ? new Secret(token) : undefined
  return { kind: 'aws-keys', accessKey, secretKey: new Secret(secretKey), sessionToken, region, role }
}

function vertexPlace(vertex: KeyEntry['vertex_key_config']): Pick<ProviderKey, 'region' | 'project'> {
  if (vertex === undefined) return {}
  const { project_id, project_number, region, auth_credentials } = vertex
  const project = project_id || project_number || projectIn(auth_credentials)
  return { ...(region && { region }), ...(project !== undefined && { project }) }
}
