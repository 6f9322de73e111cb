/** The one loop that retries: goes through a plan's targets and their keys until one answers. */
import { GatewayError } from '../core/errors.ts'
import { decide, refusesKey } from '../core/retry.ts'
import { shortened } from '../core/shortened.ts'
import type { ProviderKey } from '../core/snapshot.ts'
import type { Answer } from './answer.ts'
import { ask } from './ask.ts'
import { count } from './count.ts'
import type { Exchange } from './exchange.ts'
import type { Plan, Target } from './plan.ts'
import type { World } from './world.ts'

/** Throws the first target's error when none answers, or at once an error that forbids going on. */
export async function attempt(plan: Plan, exchange: Exchange, world: World): Promise<Answer> {
  let first: GatewayError | undefined
  for (const step of plan) {
    if (step.kind === 'refuse') {
      const { provider, model, error } = step.refusal
      const record = { provider: provider ?? 'none', model: shortened(model), key: undefined }
      exchange.attempts.push({ ...record, outcome: error.failure })
      first ??= error
      continue
    }
    const answer = await tryTarget(step.target, exchange, world)
    if (!(answer instanceof GatewayError)) return answer
    if (answer.remedy === 'stop') throw answer
    first ??= answer
  }
  throw first ?? new GatewayError('internal', 'The plan has no steps.')
}

/** All attempts at one target: its answer, or the error that ended them. */
async function tryTarget(target: Target, exchange: Exchange, world: World): Promise<Answer | GatewayError> {
  const network = target.provider.network
  let usable = [...target.keys]
  let key = usable[0] as ProviderKey
  let retries = 0
  const refused: GatewayError[] = []
  for (;;) {
    // A client may have left while nothing was running that could have been aborted.
    if (exchange.call.signal.aborted) return clientGone()
    const answer = await askRecorded(target, key, exchange, world)
    if (!(answer instanceof GatewayError)) return answer
    if (refusesKey(answer)) {
      refused.push(answer)
      usable = usable.filter((other) => other !== key)
    }
    const others = usable.filter((other) => other !== key)
    const decision = decide(answer, { retries, otherKeys: others.length }, network, world.random())
    if (decision.do !== 'retry')
      return usable.length === 0 && refused.length > 1 ? everyKeyRefused(target, refused) : answer
    if (decision.counts) retries++
    if (decision.key === 'other') key = nextKey(target.keys, usable, key)
    if (decision.after > 0) await pause(decision.after, exchange, world)
  }
}

/** The next usable key behind this one, round and round. */
function nextKey(all: readonly ProviderKey[], usable: readonly ProviderKey[], current: ProviderKey): ProviderKey {
  const at = all.indexOf(current)
  const order = [...all.slice(at + 1), ...all.slice(0, at)]
  return order.find((key) => usable.includes(key)) ?? current
}

async function askRecorded(
  target: Target,
  key: ProviderKey,
  exchange: Exchange,
  world: World,
): Promise<Answer | GatewayError> {
  const record = { provider: target.provider.id, model: shortened(target.model), key: key.name }
  try {
    const answer = await attemptOnce(target, key, exchange, world)
    exchange.attempts.push({ ...record, outcome: answer.extra.estimated === true ? 'estimated' : 'ok' })
    if (target.session !== undefined)
      world.sessions.put(target.session, key.id, exchange.call.options.session?.ttl ?? 0)
    return answer
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    exchange.attempts.push({
      ...record,
      outcome: error.failure === 'upstream-status' ? String(error.status) : error.failure,
    })
    return error
  }
}

function attemptOnce(target: Target, key: ProviderKey, exchange: Exchange, world: World): Promise<Answer> {
  const { operation } = exchange.call
  return operation.kind === 'chat'
    ? ask(target, key, exchange, world)
    : count(operation.client, target, key, exchange, world)
}

function everyKeyRefused(target: Target, refused: readonly GatewayError[]): GatewayError {
  const first = refused[0] as GatewayError
  const message = `Every key of provider ${target.provider.id} was refused; the first answer was ${first.status}: ${first.message}`
  return new GatewayError('credentials-exhausted', message, {
    code: 'upstream_credentials_exhausted',
    inner: first.message,
  })
}

export function clientGone(): GatewayError {
  return new GatewayError('client-gone', 'request cancelled by the client', { code: 'request_cancelled' })
}

/** Waits, but not longer than the client does. */
function pause(milliseconds: number, exchange: Exchange, world: World): Promise<void> {
  const { signal } = exchange.call
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const finish = () => {
      cancel()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const cancel = world.clock.after(milliseconds, finish)
    signal.addEventListener('abort', finish)
  })
}
