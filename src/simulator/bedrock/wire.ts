/**
 * The wire of Amazon Bedrock: Converse, for every model, and Claude's own Messages API in its envelope.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
 */
import { rulesOf } from '../anthropic/claude.ts'
import type { ReadRequest, WireFormat, WireRequest, WireRoute } from '../wire-format.ts'
import { authorize } from './authorize.ts'
import { checkConverse } from './check-converse.ts'
import { answerConverse, guarded } from './converse-answer.ts'
import { streamedReply, unaryReply } from './converse-reply.ts'
import { countTokens } from './count-tokens.ts'
import { bedrockErrors, invalid } from './errors.ts'
import { invoke, invokeStreamed } from './invoke.ts'
import { isProfile, readModelId } from './model-id.ts'

const idOf = ({ found: [id = ''] }: WireRequest) => id

/** A model whose id names no other vendor is taken for a Claude. */
function claudeOf(request: WireRequest) {
  const { vendor } = readModelId(idOf(request))
  return vendor === '' || vendor === 'anthropic' ? rulesOf(idOf(request)) : undefined
}

function converse(read: ReadRequest, streamed: boolean): ReturnType<WireRoute['prepare']> {
  const { body, lenient, replyHeaders } = read
  const claude = claudeOf(read)
  const request = checkConverse({ body, claude, streamed, lenient })
  const willing = answerConverse(request, read, claude)
  return (faults) => {
    const answer = faults.error === 'prompt-filtered' ? guarded(willing) : willing
    return streamed && !faults.unary
      ? streamedReply(answer, replyHeaders, faults)
      : unaryReply(answer, replyHeaders, faults)
  }
}

/** What other vendors want in the body of `InvokeModel`, nobody knows here. */
const onlyClaude =
  (prepare: WireRoute['prepare']): WireRoute['prepare'] =>
  (read) => {
    if (claudeOf(read)) return prepare(read)
    throw invalid('The simulator takes bodies of Claude only in InvokeModel; Converse takes every model.')
  }

function route(action: string, prepare: WireRoute['prepare']): WireRoute {
  return {
    method: 'POST',
    path: new RegExp(`^/model/([^/]+)/${action}$`),
    authorize,
    takes: 'json',
    modelOf: (request) => readModelId(idOf(request)).name,
    prepare,
  }
}

export const bedrock: WireFormat = {
  name: 'bedrock',
  territory: /^\/model\//,
  routes: [
    route('converse', (read) => converse(read, false)),
    route('converse-stream', (read) => converse(read, true)),
    route('invoke', onlyClaude(invoke)),
    route('invoke-with-response-stream', onlyClaude(invokeStreamed)),
    route('count-tokens', (read) => {
      if (isProfile(idOf(read))) throw invalid("The provided model doesn't support counting tokens.")
      return countTokens(read, claudeOf(read))
    }),
  ],
  headers: (number) => ({
    'x-amzn-requestid': `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
  }),
  errors: bedrockErrors,
}
