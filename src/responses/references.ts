/** Items in the places of what refers to them. https://platform.openai.com/docs/guides/conversation-state */
import { GatewayError } from '../core/errors.ts'
import { shortened } from '../core/shortened.ts'
import type { Reader } from './history.ts'
import { canBeKept } from './ids.ts'
import { openItem } from './kept-item.ts'
import type { Reference } from './named.ts'
import type { PlacedItem } from './written-out.ts'

/** Rejects with `not-found` for an item that is nowhere, not any more, or somebody else's. */
export async function withReferences(
  items: readonly PlacedItem[],
  references: readonly Reference[],
  { store, cipher, owner, now }: Omit<Reader, 'keepUntil'>,
): Promise<PlacedItem[]> {
  const whole = [...items]
  await Promise.all(
    references.map(async ({ index, id }) => {
      const { place } = items[index]!
      const found = canBeKept(id) ? await store.item(id, owner, now) : undefined
      if (found === undefined) throw itemNotFound(id, `${place}.id`)
      whole[index] = { ...(await openItem(found, cipher)), place }
    }),
  )
  return whole
}

function itemNotFound(id: string, param: string): GatewayError {
  return new GatewayError('not-found', `Item with id '${shortened(id)}' not found.`, { param, code: 'item_not_found' })
}
