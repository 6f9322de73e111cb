/** What the Responses API sends, by OpenAI's own types: the roots the schema is made from. https://platform.openai.com/docs/api-reference/responses */
import type {
  Conversation,
  ConversationDeletedResource,
  ConversationItem,
  ConversationItemList,
} from 'openai/resources/conversations'
import type { ResponseItemList } from 'openai/resources/responses/input-items'
import type { InputTokenCountResponse } from 'openai/resources/responses/input-tokens'
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses'

/** A member for each thing that is validated as a whole. */
export interface Published {
  response: Response
  event: ResponseStreamEvent
  inputItems: ResponseItemList
  /** The SDK gives nothing back; this is the example of the reference. */
  deletedResponse: { id: string; object: 'response'; deleted: true }
  inputTokens: InputTokenCountResponse
  conversation: Conversation
  deletedConversation: ConversationDeletedResource
  conversationItem: ConversationItem
  conversationItems: ConversationItemList
}
