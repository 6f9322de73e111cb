/** How the reply of one target is priced. */
import { costOf } from '../core/cost.ts'
import { multiplied, type Price, patchPrice } from '../core/price.ts'
import { overrideFor, type ReplyPricer } from '../core/pricing.ts'
import { listingOf, type PathTarget } from '../core/provider.ts'
import { aliasOf } from '../core/routing.ts'
import type { ProviderKey } from '../core/snapshot.ts'
import type { Call } from './call.ts'
import type { Target } from './plan.ts'
import type { World } from './world.ts'

/** Undefined where no price can be known, so that nothing has to be worked out. `place` is what was asked. */
export function pricerFor(
  target: Target,
  key: ProviderKey,
  place: PathTarget,
  call: Call,
  world: World,
): ReplyPricer | undefined {
  const { provider, id } = target.provider
  const override = overrideFor(call.snapshot.priceOverrides, {
    provider: id,
    keyId: key.id,
    keyName: key.name,
    virtualKey: call.caller.virtualKey?.id,
    model: place.model,
  })
  if (provider.prices === undefined && override === undefined) return undefined
  const at = world.clock.wallClock()
  const listedAs = aliasOf(key, target.model)?.listedAs
  const find = (model: string | undefined): Price | undefined => {
    const listing = model === undefined ? undefined : listingOf(provider, { ...place, model })
    const price = listing && world.prices.find(listing.list, listing.model, at)
    return price === undefined || listing?.factor === undefined ? price : multiplied(price, listing.factor)
  }
  return (usage, reply) => {
    // A deployment or an alias may be called anything; the reply most often names the model behind it.
    const listed = listedAs === undefined ? firstOf([reply.model, place.model, place.requested], find) : find(listedAs)
    const price = override === undefined ? listed : patchPrice(listed, override.patch)
    return price && costOf(usage, price, reply.serviceTier)
  }
}

function firstOf<Item, Found>(items: readonly Item[], find: (item: Item) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}
