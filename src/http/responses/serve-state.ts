/** What is kept of responses and conversations, for those it belongs to. https://platform.openai.com/docs/api-reference/responses/get */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesOfText } from '../../core/bytes.ts'
import { type ExtraFields, extraFieldsJson } from '../../core/extra-fields.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import { authenticate, type Caller } from '../../engine/authenticate.ts'
import type { World } from '../../engine/world.ts'
import type { ResponseDesk } from '../../responses/desk.ts'
import { presentedCredentials } from '../credentials.ts'
import type { StateRoute } from '../routes.ts'
import { writeText } from '../write.ts'
import { pageText, readPageWish } from './pages.ts'

/** A request for something that is kept. */
export interface StateRequest {
  readonly id: string
  readonly query: string
  /** Headers for every reply. */
  readonly headers: string[]
  readonly snapshot: Snapshot
  readonly world: World
  readonly responses: ResponseDesk
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
  const text = await answer(route, asked, caller)
  if (response.destroyed) return
  headers.push('content-type', 'application/json')
  writeText(response, 200, headers, bytesOfText(text))
}

async function answer(route: StateRoute, { id, query, responses }: StateRequest, caller: Caller): Promise<string> {
  const extra: ExtraFields = { requestType: 'responses', latency: 0, chunkIndex: 0, requestId: id }
  switch (route.name) {
    case 'response-get':
      return (await responses.get(route.responseId, caller)).text
    case 'response-delete':
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
    default:
      throw new Error(`not served: ${route.name}`)
  }
}
