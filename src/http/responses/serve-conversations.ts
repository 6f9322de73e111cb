/** Conversations over HTTP. https://platform.openai.com/docs/api-reference/conversations */
import type { IncomingMessage } from 'node:http'
import type { RequestText } from '../../core/dialect.ts'
import { type ExtraFields, extraFieldsJson } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { readJson } from '../../core/parse-json.ts'
import { objectOf } from '../../core/wire.ts'
import {
  checkNewConversation,
  checkNewItems,
  checkNewMetadata,
} from '../../dialects/openai-responses/schema-conversations.ts'
import type { Asking, Conversation, ConversationDesk } from '../../responses/conversations.ts'
import { itemsIn, withMembers } from '../../responses/written-out.ts'
import { readBody } from '../read-body.ts'
import { readRequest } from '../read-request.ts'
import type { ConversationItemsRoute, ConversationRoute } from '../routes.ts'
import { checkContentType } from '../serve-call.ts'
import { pageText, readPageWish } from './pages.ts'
import { shownItem } from './shown-item.ts'

export interface ConversationRequest {
  readonly query: string
  readonly extra: ExtraFields
  readonly asking: Asking
  readonly conversations: ConversationDesk
  /** Bytes of a body. */
  readonly maxBodyBytes: number
}

/** The reply, as text. Rejects with `GatewayError`. */
export async function answerConversation(
  route: ConversationRoute,
  request: IncomingMessage,
  asked: ConversationRequest,
): Promise<string> {
  const { conversations, asking, extra } = asked
  switch (route.name) {
    case 'conversation-create': {
      const read = await readChecked(request, asked, checkNewConversation)
      return conversationText(await conversations.create(itemsIn(read, 'items'), metadataOf(read), asking), extra)
    }
    case 'conversation-get':
      return conversationText(await conversations.get(route.conversationId, asking), extra)
    case 'conversation-update': {
      const metadata = metadataOf(await readChecked(request, asked, checkNewMetadata))
      return conversationText(await conversations.update(route.conversationId, metadata, asking), extra)
    }
    case 'conversation-delete':
      await conversations.delete(route.conversationId, asking)
      return JSON.stringify({
        id: route.conversationId,
        object: 'conversation.deleted',
        deleted: true,
        extra_fields: extraFieldsJson(extra),
      })
    default:
      return answerItems(route, request, asked)
  }
}

async function answerItems(
  route: ConversationItemsRoute,
  request: IncomingMessage,
  asked: ConversationRequest,
): Promise<string> {
  const { conversations, asking, extra, query } = asked
  const { conversationId } = route
  switch (route.name) {
    case 'conversation-items-add': {
      const items = itemsIn(await readChecked(request, asked, checkNewItems), 'items')
      return pageText({ items: await conversations.add(conversationId, items, asking), hasMore: false }, extra)
    }
    case 'conversation-items-list':
      return pageText(
        await conversations.items(conversationId, readPageWish(new URLSearchParams(query)), asking),
        extra,
      )
    case 'conversation-item-get': {
      const { text } = await conversations.item(conversationId, route.itemId, asking)
      return itemText(shownItem(text), extra)
    }
    case 'conversation-item-delete':
      return conversationText(await conversations.deleteItem(conversationId, route.itemId, asking), extra)
  }
}

async function readChecked(
  request: IncomingMessage,
  { maxBodyBytes }: ConversationRequest,
  check: (body: JsonObject) => void,
): Promise<RequestText> {
  checkContentType(request)
  const read = readRequest(await readBody(request, maxBodyBytes))
  check(read.body)
  return read
}

function metadataOf({ body }: RequestText): JsonObject {
  return objectOf(body['metadata']) ?? {}
}

function itemText(text: string, extra: ExtraFields): string {
  const item = { text, members: members(text), body: readJson(text) as JsonObject }
  return withMembers(item, { extra_fields: JSON.stringify(extraFieldsJson(extra)) }).text
}

function conversationText({ id, createdAt, metadata }: Conversation, extra: ExtraFields): string {
  const created = Math.floor(createdAt / 1000)
  return JSON.stringify({
    id,
    object: 'conversation',
    created_at: created,
    metadata,
    extra_fields: extraFieldsJson(extra),
  })
}
