/** The faces of the house: what clients of each wire format find here. */
import type { IncomingHttpHeaders } from 'node:http'
import type { ClientChat } from '../core/dialect.ts'
import type { JsonObject } from '../core/json.ts'
import { anthropicMessagesClient } from '../dialects/anthropic-messages/client.ts'
import { openaiChatClient } from '../dialects/openai-chat/client.ts'
import { openaiResponsesClient } from '../dialects/openai-responses/client.ts'
import { anthropicModelList, openaiModelList } from './model-lists.ts'
import { type FaceName, faceOf } from './routes.ts'

export interface Face {
  readonly client: ClientChat
  /** Who serves a model that no provider stands before, where that provider is configured. */
  defaultProvider(headers: IncomingHttpHeaders): string
  /** Request headers that belong to the wire format: they go on to providers that speak it as well. */
  readonly dialectHeaders: readonly string[]
  /** The header in which these clients look for the id of a request, beside `x-request-id`. */
  readonly requestIdHeader?: string
  /** Its clients come back with the id of a reply, which is the gateway's own then. */
  readonly hasReplyIds?: boolean
  modelList(models: readonly JsonObject[]): JsonObject
}

const openai: Face = {
  client: openaiChatClient,
  // What Azure's SDK calls a model is a deployment.
  defaultProvider: (headers) => (headers['user-agent']?.includes('AzureOpenAI') ? 'azure' : 'openai'),
  dialectHeaders: [],
  modelList: openaiModelList,
}

const faces: Readonly<Record<FaceName, Face>> = {
  openai,
  // https://platform.openai.com/docs/api-reference/responses
  responses: { ...openai, client: openaiResponsesClient, hasReplyIds: true },
  // https://platform.claude.com/docs/en/api/overview
  anthropic: {
    client: anthropicMessagesClient,
    defaultProvider: () => 'anthropic',
    dialectHeaders: ['anthropic-version', 'anthropic-beta', 'anthropic-user-profile-id'],
    requestIdHeader: 'request-id',
    modelList: anthropicModelList,
  },
}

/** Two faces have one path for their lists of models; Anthropic's clients always say the version of its API. */
export function faceFor(path: string, headers: IncomingHttpHeaders): Face {
  const shared = path === '/v1/models' || path === '/v1/models/'
  return faces[shared && headers['anthropic-version'] !== undefined ? 'anthropic' : faceOf(path)]
}
