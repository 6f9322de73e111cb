/** What a request names of what came before it, instead of saying it. https://platform.openai.com/docs/guides/conversation-state */
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { objectOf, textOf } from '../core/wire.ts'

export interface Named {
  readonly previousId: string | undefined
  readonly conversationId: string | undefined
  readonly references: readonly Reference[]
}

/** An item of the input that stands for another one. */
export interface Reference {
  readonly index: number
  readonly id: string
}

/** `body` has been checked. */
export function namedIn(body: JsonObject): Named {
  const { previous_response_id: previous, conversation, input } = body
  return {
    previousId: textOf(previous),
    conversationId: textOf(conversation) ?? textOf(objectOf(conversation)?.['id']),
    references: Array.isArray(input) ? referencesIn(input) : [],
  }
}

export function namesNothing({ previousId, conversationId, references }: Named): boolean {
  return previousId === undefined && conversationId === undefined && references.length === 0
}

export function referencesIn(items: readonly Json[]): Reference[] {
  return items.flatMap(referenceIn)
}

function referenceIn(item: Json, index: number): Reference[] {
  if (!isJsonObject(item)) return []
  const id = textOf(item['id'])
  // Clients may leave out the type of a reference, which is the only item that has nothing but an id.
  const isBare = item['type'] == null && item['role'] == null && item['content'] == null
  return id !== undefined && (item['type'] === 'item_reference' || isBare) ? [{ index, id }] : []
}
