/** What is kept of responses and conversations, for those it belongs to. https://platform.openai.com/docs/api-reference/responses/get */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesOfText } from '../../core/bytes.ts'
import { type ExtraFields, extraFieldsJson } from '../../core/extra-fields.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import { authenticate, type Caller } from '../../engine/authenticate.ts'
import type { World } from '../../engine/world.ts'
import type { ConversationDesk } from '../../responses/conversations.ts'
import { presentedCredentials } from '../credentials.ts'
import type { ConversationRoute, StateRoute } from '../routes.ts'
import { writeText } from '../write.ts'
import { pageText, readPageWish } from './pages.ts'
import { type BackgroundWorld, checkFollowing, follow, wantsStream } from './serve-background.ts'
import { answerConversation, type ConversationRequest } from './serve-conversations.ts'

/** A request for something that is kept. */
export interface StateRequest extends BackgroundWorld {
  readonly id: string
  readonly query: string
  /** Headers for every reply. */
  readonly headers: string[]
  readonly snapshot: Snapshot
  readonly world: World
  readonly conversations: ConversationDesk
}

/** Rejects with `GatewayError`. */
export async function serveState(
  route: StateRoute,
  request: IncomingMessage,
  response: ServerResponse,
  asked: StateRequest,
): Promise<void> {
  const { snapshot, world, headers } = asked
  const caller = authenticate(presentedCredentials(request.headers, snapshot), snapshot, world.clock.wallClock())
  const query = new URLSearchParams(asked.query)
  if (route.name === 'response-get' && wantsStream(query)) {
    const following = await checkFollowing(route.responseId, query, caller, asked)
    return follow(following, response, headers, snapshot, asked)
  }
  const text = isConversation(route)
    ? await answerConversation(route, request, conversationRequest(asked, caller))
    : await answer(route, asked, caller)
  if (response.destroyed) return
  headers.push('content-type', 'application/json')
  writeText(response, 200, headers, bytesOfText(text))
}

function isConversation(route: StateRoute): route is ConversationRoute {
  return route.name.startsWith('conversation-')
}

function conversationRequest(asked: StateRequest, caller: Caller): ConversationRequest {
  const { query, snapshot, conversations } = asked
  const { maxBodyBytes } = snapshot.client
  return { query, extra: extraOf(asked), asking: { caller, snapshot }, conversations, maxBodyBytes }
}

function extraOf({ id }: StateRequest): ExtraFields {
  return { requestType: 'responses', latency: 0, chunkIndex: 0, requestId: id }
}

async function answer(
  route: Exclude<StateRoute, ConversationRoute>,
  asked: StateRequest,
  caller: Caller,
): Promise<string> {
  const { query, responses, background, desk } = asked
  const extra = extraOf(asked)
  switch (route.name) {
    case 'response-get': {
      const record = await responses.get(route.responseId, caller)
      return (await background.look(record)) ? (await responses.get(route.responseId, caller)).text : record.text
    }
    case 'response-cancel':
      return background.cancel(route.responseId, caller, desk)
    case 'response-delete':
      await background.giveUp(route.responseId, caller, desk)
      await responses.delete(route.responseId, caller)
      return JSON.stringify({
        id: route.responseId,
        object: 'response',
        deleted: true,
        extra_fields: extraFieldsJson(extra),
      })
    case 'response-input-items': {
      const wish = readPageWish(new URLSearchParams(query))
      return pageText(await responses.inputItems(route.responseId, wish, caller), extra)
    }
  }
}
