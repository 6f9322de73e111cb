/** Counts the tokens of a request. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html */
import type { ClaudeRules } from '../anthropic/claude.ts'
import type { ReadRequest, WireRoute } from '../wire-format.ts'
import { checkConversation } from './check-converse.ts'
import { countPrompt } from './converse-asked.ts'
import { compactReply } from './converse-reply.ts'
import { type ConverseRequest, countTokensShape } from './converse-request.ts'
import { countInvoked } from './invoke.ts'
import { checkShape } from './shapes.ts'

interface CountTokensRequest {
  input: { invokeModel?: { body: string }; converse?: ConverseRequest }
}

/** Gives the count that a reply to the same request would have in its usage. */
export function countTokens(read: ReadRequest, claude: ClaudeRules | undefined): ReturnType<WireRoute['prepare']> {
  checkShape(read.body, countTokensShape, read.lenient)
  const { converse, invokeModel } = (read.body as CountTokensRequest).input
  const inputTokens = invokeModel ? countInvoked(read, invokeModel.body) : countConverse(converse ?? {}, claude)
  return () => compactReply({ inputTokens }, read.replyHeaders)
}

function countConverse(request: ConverseRequest, claude: ClaudeRules | undefined): number {
  const conversation = { ...request, messages: request.messages ?? [] }
  checkConversation(conversation, claude)
  return countPrompt(conversation).total
}
