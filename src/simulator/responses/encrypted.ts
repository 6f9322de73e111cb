/**
 * Thoughts that are sent out encrypted, and how the service knows its own when they come back. They are bound to the id of their item.
 * https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items
 */
import type { Refused } from '../errors.ts'
import { badRequest } from '../errors.ts'
import { signatureOf, verify } from '../signature.ts'
import type { Item } from './item-schema.ts'

/** The encrypted thought of an item. */
export const encryptedFor = (id: string) => `gAAAAA${signatureOf({ text: id })}`

/** What is wrong with an encrypted thought that came back. */
export function encryptionFault({ id, encrypted_content: content }: Item): Refused | undefined {
  if (typeof content !== 'string') return undefined
  const verdict = content.startsWith('gAAAAA') ? verify(content.slice(6), { text: id ?? '' }) : 'forged'
  if (verdict === 'valid' || (verdict === 'changed' && !id)) return undefined
  const reason =
    verdict === 'forged'
      ? 'Encrypted content could not be decrypted or parsed.'
      : 'Encrypted content item_id did not match the target item id.'
  const what = id ? `for item ${id}` : content.length > 24 ? `${content.slice(0, 8)}...${content.slice(-4)}` : content
  return badRequest(
    `The encrypted content ${what} could not be verified. Reason: ${reason}`,
    null,
    'invalid_encrypted_content',
  )
}
