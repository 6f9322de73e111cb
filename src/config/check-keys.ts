/** Checks the sense of what a configuration says about a provider's key. */
import type { Provider } from '../core/provider.ts'
import { checkBedrock } from './check-bedrock.ts'
import { checkNames, checkRegion, checkToken, checkUrl } from './check-texts.ts'
import { checkVertex } from './check-vertex.ts'
import type { Draft } from './draft.ts'
import type { Path } from './finding.ts'
import type { Report } from './report.ts'
import type { AliasEntry, KeyEntry } from './schema.ts'

export interface KeySurroundings {
  readonly provider: Provider
  readonly version: 1 | 2
  /** The provider cannot be called without a key. */
  readonly needed: boolean
  /** The entry says where the provider is. */
  readonly hasAddress: boolean
  readonly report: Report
}

/** A key that is switched off may lack what it would need. */
export function checkKey(key: Draft<KeyEntry>, path: Path, around: KeySurroundings): void {
  const { report, version } = around
  checkNames(key.models, [...path, 'models'], version, report)
  checkNames(key.blacklisted_models, [...path, 'blacklisted_models'], version, report)
  checkAliases(key.aliases ?? {}, [...path, 'aliases'], report)
  checkAliases(key.azure_key_config?.deployments ?? {}, [...path, 'azure_key_config', 'deployments'], report)
  checkAliases(key.bedrock_key_config?.deployments ?? {}, [...path, 'bedrock_key_config', 'deployments'], report)
  checkAliases(key.vertex_key_config?.deployments ?? {}, [...path, 'vertex_key_config', 'deployments'], report)
  checkAddresses(key, path, report)
  if (key.enabled === false) return
  if (around.needed && !key.value) report.fault([...path, 'value'], 'nothing', 'the key, or env.NAME')
  checkToken(key.value, [...path, 'value'], report)
  checkEntra(key, path, report)
  if (around.provider.auth.scheme === 'google') checkVertex(key, path, report)
  if (around.provider.auth.scheme === 'aws') checkBedrock(key, around.hasAddress, path, report)
  if (version === 2 && (key.models ?? []).length === 0) {
    report.warn(
      [...path, 'models'],
      'is empty, so the key serves no model. ["*"] is all models; `"version": 1` takes empty for all.',
    )
  }
}

function checkAddresses(key: Draft<KeyEntry>, path: Path, report: Report): void {
  checkUrl(key.azure_key_config?.endpoint, [...path, 'azure_key_config', 'endpoint'], report)
  for (const name of ['vllm_key_config', 'ollama_key_config', 'sgl_key_config'] as const) {
    checkUrl(key[name]?.url, [...path, name, 'url'], report)
  }
}

/** Names compare without regard to case, so that two that differ only in case are one. */
function checkAliases(aliases: Draft<Readonly<Record<string, AliasEntry>>>, path: Path, report: Report): void {
  const seen = new Map<string, string>()
  for (const [name, entry] of Object.entries(aliases)) {
    const place = [...path, name]
    checkName(name, place, report)
    const first = seen.get(name.toLowerCase())
    if (first !== undefined)
      report.fault(place, `the same name as ${JSON.stringify(first)}`, 'names that differ in more than case')
    seen.set(name.toLowerCase(), name)
    if (typeof entry === 'string') checkName(entry, place, report)
    else if (entry !== undefined) {
      checkName(entry.model_id, [...place, 'model_id'], report)
      checkUrl(entry.endpoint, [...place, 'endpoint'], report)
      checkRegion(entry.region, [...place, 'region'], report)
    }
  }
}

function checkName(name: string | undefined, path: Path, report: Report): void {
  if (name === undefined || (name !== '' && name.trim() === name)) return
  report.fault(path, name.trim() === '' ? 'an empty name' : 'a name with blanks around it', 'the name of a model')
}

/** A client secret is of use only with the application and the tenant it belongs to. */
function checkEntra(key: Draft<KeyEntry>, path: Path, report: Report): void {
  const azure = key.azure_key_config
  if (!azure?.client_secret) return
  for (const name of ['client_id', 'tenant_id'] as const) {
    if (!azure[name])
      report.fault([...path, 'azure_key_config', name], 'nothing', 'a text, as there is a client_secret')
  }
}
