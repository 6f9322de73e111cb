/** Which targets are to be tried for a request, in order and with reasons: a value that can be printed, made without asking anyone. */
import { GatewayError } from '../core/errors.ts'
import { aliasOf, drawOrder, keyServes, knowsModel, splitModel } from '../core/routing.ts'
import { shortened } from '../core/shortened.ts'
import type { ConfiguredProvider, ProviderKey, Snapshot, VirtualKey, VirtualKeyProvider } from '../core/snapshot.ts'
import { listAllows } from '../core/snapshot.ts'
import type { Caller } from './authenticate.ts'
import type { CallOptions } from './call.ts'

export interface Target {
  readonly provider: ConfiguredProvider
  /** As asked of this provider, without its prefix. */
  readonly model: string
  /** In the order in which they are to be used; a key-less provider has one with no credential. */
  readonly keys: readonly ProviderKey[]
  readonly why: string
  readonly isFallback: boolean
  /** Where the choice of key is remembered for the client's session. */
  readonly session: string | undefined
}

/** A target that cannot be tried, and why not. */
export interface Refusal {
  readonly provider: string | undefined
  readonly model: string
  readonly why: string
  readonly error: GatewayError
}

export type Step =
  | { readonly kind: 'try'; readonly target: Target }
  | { readonly kind: 'refuse'; readonly refusal: Refusal }

export type Plan = readonly Step[]

export interface PlanInput {
  readonly model: string
  readonly fallbacks: readonly string[] | undefined
  /** As the wire calls it: `chat_completion`, … */
  readonly operation: string
  readonly options: CallOptions
  readonly caller: Caller
  readonly snapshot: Snapshot
  isProvider(id: string): boolean
  random(): number
  /** The key that served this session last. */
  rememberedKey(session: string): string | undefined
  /** The key that should be used first, of the provider that knows what came before. */
  readonly preferred?: { readonly provider: string; readonly keyId: string } | undefined
}

/** A provider and model to be tried, before anybody has looked whether that can be. */
interface Wish {
  readonly provider: string
  readonly model: string
  readonly why: string
}

export function makePlan(input: PlanInput): Plan {
  const wishes = primaryWishes(input)
  if (wishes instanceof GatewayError) {
    const refusal = {
      provider: undefined,
      model: input.model,
      why: 'nobody is known to serve this name',
      error: wishes,
    }
    return [{ kind: 'refuse', refusal }, ...fallbackSteps(input)]
  }
  const [first, ...automatic] = wishes
  const steps = [stepFor(first, input, false)]
  // Virtual-key routing offers what is left of its candidates, but only to clients that have no wishes of their own.
  if (input.fallbacks === undefined) for (const wish of automatic) steps.push(stepFor(wish, input, true))
  else steps.push(...fallbackSteps(input))
  return steps
}

function fallbackSteps(input: PlanInput): Step[] {
  const steps: Step[] = []
  for (const name of input.fallbacks ?? []) {
    const { provider, model } = splitModel(name, input.isProvider)
    if (provider !== undefined) steps.push(stepFor({ provider, model, why: `fallback ${name}` }, input, true))
    else {
      const found = byName(model, input)
      if (found !== undefined) steps.push(stepFor({ ...found, why: `fallback ${name}: ${found.why}` }, input, true))
      else
        steps.push({
          kind: 'refuse',
          refusal: { provider, model, why: `fallback ${name}`, error: nobodyServes(model, input) },
        })
    }
  }
  return steps
}

/** The first is who should serve, the others who else might. */
function primaryWishes(input: PlanInput): [Wish, ...Wish[]] | GatewayError {
  const { provider, model } = splitModel(input.model, input.isProvider)
  if (provider !== undefined) return [{ provider, model, why: 'the name begins with the provider' }]
  const drawn = byVirtualKey(model, input)
  if (drawn.length > 0) return drawn as [Wish, ...Wish[]]
  // Where only the virtual key stands in the way, that is what has to be told.
  const found = byName(model, input) ?? byName(model, { ...input, caller: { ...input.caller, virtualKey: null } })
  return found === undefined ? nobodyServes(model, input) : [found]
}

function byVirtualKey(model: string, input: PlanInput): Wish[] {
  const candidates = (input.caller.virtualKey?.providers ?? []).filter(
    (entry) =>
      entry.weight !== null &&
      entryAllows(entry, model) &&
      serves(input.snapshot.providers.get(entry.provider), model, entry),
  )
  const [first, ...others] = drawOrder(candidates, (entry) => entry.weight ?? 0, input.random)
  if (first === undefined) return []
  others.sort((one, other) => (other.weight ?? 0) - (one.weight ?? 0))
  return [first, ...others].map((entry, index) => ({
    provider: entry.provider,
    model,
    why: index === 0 ? 'drawn by the weights of the virtual key' : 'another provider of the virtual key',
  }))
}

/** Who serves a name that no provider stands before: the default, then whoever is known to have it. */
function byName(model: string, input: PlanInput): Wish | undefined {
  const { providers } = input.snapshot
  const { defaultProvider: standard } = input.options
  const directDefault = input.caller.directKey !== null && providers.has(standard)
  if (directDefault || mayServe(standard, model, input))
    return { provider: standard, model, why: `${standard} is the default provider` }
  for (const [id, configured] of providers) {
    if (knowsModel(configured, model) && mayServe(id, model, input))
      return { provider: id, model, why: `${id} is known to have this model` }
  }
  return undefined
}

function mayServe(id: string, model: string, input: PlanInput): boolean {
  const entry = virtualKeyEntry(input.caller.virtualKey, id)
  if (entry === 'blocked' || (entry !== 'open' && !entryAllows(entry, model))) return false
  return serves(input.snapshot.providers.get(id), model, entry === 'open' ? undefined : entry)
}

function serves(
  configured: ConfiguredProvider | undefined,
  model: string,
  entry: VirtualKeyProvider | undefined,
): boolean {
  if (configured === undefined) return false
  return configured.keyless || configured.keys.some((key) => keyAllowed(key, entry) && keyServes(key, model))
}

function nobodyServes(model: string, input: PlanInput): GatewayError {
  const ids = [...input.snapshot.providers.keys()]
  const usable = ids.filter((id) => virtualKeyEntry(input.caller.virtualKey, id) !== 'blocked')
  const hint =
    usable.length === 0
      ? 'No provider is configured for you.'
      : `Write the provider in front of the model: ${usable.map((id) => `${id}/${id === 'simulator' ? 'echo' : shortened(model)}`).join(', ')}.`
  return new GatewayError(
    'no-provider',
    `could not auto resolve a provider for the request, please specify a provider explicitly: nobody is known to serve '${shortened(model)}'. ${hint}`,
    { param: 'model', code: 'model_not_found' },
  )
}

function stepFor(wish: Wish, input: PlanInput, isFallback: boolean): Step {
  const target = targetFor(wish, input, isFallback)
  if (!(target instanceof GatewayError)) return { kind: 'try', target }
  return { kind: 'refuse', refusal: { provider: wish.provider, model: wish.model, why: wish.why, error: target } }
}

function targetFor(wish: Wish, input: PlanInput, isFallback: boolean): Target | GatewayError {
  const { provider: id, model } = wish
  const { options, caller, snapshot } = input
  const entry = virtualKeyEntry(caller.virtualKey, id)
  if (entry === 'blocked') {
    return new GatewayError('provider-blocked', `Provider '${id}' is not allowed for this virtual key`, {
      code: 'provider_blocked',
    })
  }
  if (entry !== 'open' && !entryAllows(entry, model)) {
    return new GatewayError('model-blocked', `Model '${shortened(model)}' is not allowed for this virtual key`, {
      code: 'model_blocked',
    })
  }
  const configured = snapshot.providers.get(id)
  if (configured === undefined) return notConfigured(id, snapshot)
  if (configured.provider.chat === undefined || configured.allowedRequests?.has(input.operation) === false) {
    return new GatewayError('unsupported-operation', `${input.operation} is not supported by ${id} provider`, {
      code: 'unsupported_operation',
    })
  }
  const common = { provider: configured, model, why: wish.why, isFallback }
  if (configured.keyless && configured.keys.length === 0) return { ...common, keys: [noKey], session: undefined }
  // A client's own key goes to the provider it was sent for, never to a fallback's.
  if (caller.directKey !== null && !isFallback) {
    const keys = [
      {
        ...noKey,
        name: 'header-provided',
        id: 'header-provided',
        credential: { kind: 'secret', secret: caller.directKey } as const,
      },
    ]
    return { ...common, keys, session: undefined }
  }
  const candidates = configured.keys.filter(
    (key) => keyAllowed(key, entry === 'open' ? undefined : entry) && keyServes(key, model),
  )
  const pinned = isFallback ? undefined : pinnedKey(candidates, wish, options)
  if (pinned instanceof GatewayError) return pinned
  if (pinned !== undefined) return { ...common, keys: [pinned], session: undefined }
  if (candidates.length === 0) return noKeyFor(wish, configured)
  const session = isFallback ? undefined : sessionName(options, id, model)
  return { ...common, keys: orderKeys(candidates, id, session, input), session }
}

/** Sessions are remembered by name, and clients choose the names: a longer one is not remembered. */
const longestSession = 1000

function sessionName({ session }: CallOptions, provider: string, model: string): string | undefined {
  const name = session === undefined ? undefined : `${session.id} ${provider} ${model}`
  return name === undefined || name.length > longestSession ? undefined : name
}

function notConfigured(id: string, snapshot: Snapshot): GatewayError {
  const known = [...snapshot.providers.keys()].join(', ')
  return new GatewayError(
    'provider-not-configured',
    `failed to get config for provider: ${id}. Configured are: ${known}.`,
    {
      code: 'provider_not_configured',
      param: 'model',
    },
  )
}

function noKeyFor({ provider, model }: Wish, configured: ConfiguredProvider): GatewayError {
  const kind = configured.keys.some((key) => key.aliasesOnly) ? 'model/deployment' : 'model'
  const message =
    configured.keys.length === 0
      ? `no keys found for provider: ${provider} and model: ${shortened(model)}`
      : `no keys found that support ${kind}: ${shortened(model)}`
  return new GatewayError('no-key', message, { code: 'no_key', param: 'model' })
}

function pinnedKey(
  candidates: readonly ProviderKey[],
  wish: Wish,
  options: CallOptions,
): ProviderKey | GatewayError | undefined {
  const { pinnedKeyId, pinnedKeyName } = options
  if (pinnedKeyId === undefined && pinnedKeyName === undefined) return undefined
  const found = candidates.find((key) =>
    pinnedKeyId !== undefined ? key.id === pinnedKeyId : key.name === pinnedKeyName,
  )
  if (found !== undefined) return found
  const what = pinnedKeyId !== undefined ? `id "${pinnedKeyId}"` : `name "${pinnedKeyName}"`
  const message = `no supported key found with ${what} for provider: ${wish.provider} and model: ${shortened(wish.model)}`
  return new GatewayError('no-key', message, { code: 'no_key' })
}

function orderKeys(
  candidates: readonly ProviderKey[],
  provider: string,
  session: string | undefined,
  input: PlanInput,
): readonly ProviderKey[] {
  if (candidates.length === 1) return candidates
  const drawn = drawOrder(candidates, (key) => key.weight, input.random)
  const { preferred } = input
  const remembered =
    preferred?.provider === provider
      ? preferred.keyId
      : session === undefined
        ? undefined
        : input.rememberedKey(session)
  const first = remembered === undefined ? undefined : drawn.find((key) => key.id === remembered)
  return first === undefined ? drawn : [first, ...drawn.filter((key) => key !== first)]
}

/** What a virtual key says of a provider: `open` where there is no virtual key, or one that has no list. */
function virtualKeyEntry(virtualKey: VirtualKey | null, provider: string): VirtualKeyProvider | 'open' | 'blocked' {
  if (virtualKey === null || virtualKey.providers === null) return 'open'
  return virtualKey.providers.find((entry) => entry.provider === provider) ?? 'blocked'
}

function entryAllows(entry: VirtualKeyProvider, model: string): boolean {
  return !entry.blacklist.has(model.toLowerCase()) && listAllows(entry.models, model)
}

function keyAllowed(key: ProviderKey, entry: VirtualKeyProvider | undefined): boolean {
  return entry === undefined || entry.keys === null || entry.keys.has(key.id) || entry.keys.has(key.name)
}

const noKey: ProviderKey = {
  id: 'none',
  name: 'none',
  credential: { kind: 'none' },
  weight: 1,
  enabled: true,
  models: 'all',
  blacklist: new Set(),
  aliases: new Map(),
  aliasesOnly: false,
  baseUrl: undefined,
  apiVersion: undefined,
}

/** The plan for people and machines: what `x-asbru-explain` and `asbru explain` show. */
export function explainPlan(plan: Plan): object[] {
  return plan.map((step, index) =>
    step.kind === 'refuse'
      ? {
          step: index,
          provider: step.refusal.provider ?? null,
          model: step.refusal.model,
          why: step.refusal.why,
          refused: step.refusal.error.message,
        }
      : {
          step: index,
          provider: step.target.provider.id,
          model: step.target.model,
          why: step.target.why,
          keys: step.target.keys.map((key) => ({
            name: key.name,
            ...(aliasOf(key, step.target.model) === undefined ? {} : { sends: aliasOf(key, step.target.model)?.model }),
          })),
        },
  )
}
