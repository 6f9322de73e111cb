/** Which models can be asked for: what the providers list, what the keys name, and what the caller may use of it. */
import { textOfBytes } from '../core/bytes.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { readJson } from '../core/parse-json.ts'
import { joinUrl, type PathTarget } from '../core/provider.ts'
import { keyServes } from '../core/routing.ts'
import { type ConfiguredProvider, listAllows, type ProviderKey } from '../core/snapshot.ts'
import type { Caller } from './authenticate.ts'
import { Watch } from './watch.ts'
import type { World } from './world.ts'

/** Milliseconds a provider has to answer, and for which its answer is good. */
const patience = 5000
const freshness = 300_000
/** Milliseconds until a provider that did not answer is asked again. */
const forbearance = 10_000
/** Bytes of a list that are read. */
const longestList = 16 * 1024 * 1024

/** Lists for one provider, as the wire has models; `id` is `provider/model`. */
export type ModelLister = (provider: ConfiguredProvider, caller: Caller) => Promise<JsonObject[]>

/** Remembers what each provider said; asks again when that is old. A provider that does not answer is shown by what its keys name. */
export function createModelLister(world: World): ModelLister {
  const remembered = new WeakMap<ConfiguredProvider, { until: number; own: Promise<JsonObject[] | null> }>()
  return async (provider, caller) => {
    let known = remembered.get(provider)
    if (known === undefined || world.clock.now() > known.until) {
      known = { until: world.clock.now() + freshness, own: askProvider(provider, world) }
      remembered.set(provider, known)
    }
    const own = await known.own
    if (own === null) known.until = Math.min(known.until, world.clock.now() + forbearance)
    return withNames(provider, own ?? []).filter((model) =>
      visible(provider, String(model['id']).slice(provider.id.length + 1), caller),
    )
  }
}

function withNames(provider: ConfiguredProvider, own: readonly JsonObject[]): JsonObject[] {
  const names = new Set(own.map((model) => String(model['id'])))
  const extra = namedByKeys(provider).filter((name) => !names.has(name))
  const all = [...own, ...extra.map((id): JsonObject => ({ id, object: 'model', created: 0, owned_by: provider.id }))]
  return all.map((model) => ({ ...model, id: `${provider.id}/${model['id']}` }))
}

/** Names that the configuration gives: lists of models, aliases, deployments. */
function namedByKeys(provider: ConfiguredProvider): string[] {
  const names = provider.keys.flatMap((key) => [...(key.models === 'all' ? [] : key.models), ...key.aliases.keys()])
  return [...new Set(names)]
}

/** Null when it did not answer; empty when it has no list or cannot be asked. */
async function askProvider(provider: ConfiguredProvider, world: World): Promise<JsonObject[] | null> {
  const { paths, auth, headers } = provider.provider
  const key: ProviderKey | undefined = provider.keys.find((candidate) => candidate.enabled)
  const baseUrl = key?.baseUrl ?? provider.baseUrl ?? provider.provider.regionalUrl?.(listTarget(key))
  if (paths.models === undefined || baseUrl === undefined || (key === undefined && !provider.keyless)) return []
  const path = typeof paths.models === 'string' ? paths.models : paths.models(listTarget(key))
  const running = world.upstream.send({
    method: 'GET',
    url: joinUrl(baseUrl, path),
    headers: [
      'accept',
      'application/json',
      'accept-encoding',
      'identity',
      'user-agent',
      'asbru',
      ...Object.entries({ ...headers, ...provider.network.extraHeaders }).flat(),
    ],
    body: undefined,
    auth,
    credential: key?.credential ?? { kind: 'none' },
    network: provider.network,
  })
  const watch = new Watch(world.clock, (error) => running.abort(error))
  watch.expect(patience, `no list of models from ${provider.id}`)
  try {
    const reply = await running.reply
    const text = textOfBytes(await reply.body.all(longestList))
    if (reply.status !== 200) throw new GatewayError('upstream-status', `status ${reply.status}`)
    return (provider.provider.readModels ?? modelObjects)(readJson(text) as Json)
  } catch (error) {
    world.log.warn({ provider: provider.id, error: String(error) }, 'the provider did not list its models')
    return null
  } finally {
    watch.stop()
  }
}

function listTarget(key: ProviderKey | undefined): PathTarget {
  const { apiVersion, region, project } = key ?? {}
  return { client: '', model: '', requested: '', stream: false, apiVersion, region, project }
}

/** OpenAI wraps the list in `data`; some send it bare. */
function modelObjects(body: unknown): JsonObject[] {
  const list = isJsonObject(body) ? body['data'] : body
  return Array.isArray(list)
    ? list.filter((model): model is JsonObject => isJsonObject(model) && typeof model['id'] === 'string')
    : []
}

function visible(provider: ConfiguredProvider, model: string, caller: Caller): boolean {
  const entries = caller.virtualKey?.providers
  if (entries != null) {
    const entry = entries.find((candidate) => candidate.provider === provider.id)
    if (entry === undefined || entry.blacklist.has(model.toLowerCase()) || !listAllows(entry.models, model))
      return false
  }
  return provider.keyless || provider.keys.some((key) => keyServes(key, model))
}
