/** Answers a request for a response: checks it, drafts, and writes the reply. https://platform.openai.com/docs/api-reference/responses */
import { createHash } from 'node:crypto'
import { refuseTooLarge } from '../answer.ts'
import { type Draft, draftAnswer, type HostedKind } from '../behaviours.ts'
import type { Faults } from '../faults.ts'
import { jsonReply, type Reply, streamReply } from '../replies.ts'
import { say } from '../said.ts'
import type { ReadRequest } from '../wire-format.ts'
import { askedBy } from './asked.ts'
import { type Conversation, conversationOf } from './check-conversation.ts'
import { checkRequest } from './check-request.ts'
import { countInput, usageOf } from './count.ts'
import { hostedKind, useTool } from './hosted.ts'
import type { Item } from './item-schema.ts'
import { answeredBy, partsOf, prefixOf } from './items.ts'
import { brokenOff, idFrom, itemsOf, likelihoodsAsked, type Writing } from './output.ts'
import type { ResponseRequest } from './request-schema.ts'
import { headOf, type ResponseObject, tierServed } from './response-object.ts'
import type { ScriptedItem } from './scripted.ts'
import { EventStream, type Made } from './stream.ts'
import type { Tool } from './tool-schema.ts'
import { mustCall, toolsOffered } from './tools.ts'

/** A request that was checked, and what its model wants to say to it. */
interface Drafted {
  read: ReadRequest
  azure: boolean
  request: ResponseRequest
  conversation: Conversation
  draft: Draft
}

/** Checks a request, throwing a `Refused`, and gives what writes the reply. */
export function answerResponse(read: ReadRequest, azure: boolean): (faults: Faults) => Reply {
  const { model, number, body, lenient, kept } = read
  const request = checkRequest(body, { form: 'response', lenient, itemFields: model.itemFields ?? [] })
  const conversation = conversationOf(request, kept)
  const draft = draftAnswer(model, number, askedBy(request, conversation))
  return (faults) => replyOf({ read, azure, request, conversation, draft }, faults)
}

/** How many tokens a response would be made from. */
export function countResponse({ model, body, lenient, kept }: ReadRequest): object {
  const request = checkRequest(body, { form: 'count', lenient, itemFields: model.itemFields ?? [] })
  return { object: 'response.input_tokens', input_tokens: countInput(request, conversationOf(request, kept)) }
}

function replyOf(drafted: Drafted, faults: Faults): Reply {
  const { read, request } = drafted
  const { made, tokens } = make(drafted, faults)
  const stream = new EventStream(made, {
    obfuscated: request.stream_options?.include_obfuscation !== false,
    padding: faults.padding ?? 0,
    done: faults.strayDone ?? false,
    toldStatus: faults.toldStatus,
  })
  const keep = () => {
    if (request.store !== false && !replaced(faults)) keepResponse(drafted, made, faults, tokens)
  }
  const streaming = request.stream === true && !faults.unary
  if (request.background) keep()
  if (streaming)
    return streamReply(stream.events(request.background ? undefined : keep), read.replyHeaders, stream.mishaps)
  if (request.background) return { ...jsonReply({ ...made.head, status: 'queued' }, read.replyHeaders), atOnce: true }
  keep()
  return jsonReply(made.whole, read.replyHeaders, tokens)
}

/** Whether something else is sent in place of the response: then nobody has made one. */
const replaced = ({ status, error, body, redirect, connection }: Faults) =>
  status !== undefined || error !== undefined || body !== undefined || redirect === true || connection !== undefined

function make({ read, azure, request, conversation, draft }: Drafted, faults: Faults): { made: Made; tokens: number } {
  const hash = createHash('sha256').update(`${read.kept.next()}\n${read.text}`).digest('hex')
  const said = say(draft, { most: request.max_output_tokens ?? undefined })
  const writing: Writing = { request, draft, said, hash }
  refuseTooLarge(said, 1, likelihoodsAsked(writing))
  const items = itemsOf(writing, hostedItems(read, writing, conversation))
  const now = Math.floor(read.now / 1000)
  const head = {
    ...headOf(request, { id: idFrom(writing, 'resp_', 0), model: read.name, now, azure }),
    ...draft.extra?.top,
  }
  const { usage, sources, tokens } = usageOf(request, { draft, said, input: countInput(request, conversation) })
  const reason = brokenOff(said)
  const whole: ResponseObject = {
    ...head,
    status: reason ? 'incomplete' : 'completed',
    completed_at: reason ? null : now,
    incomplete_details: reason ? { reason } : null,
    output: items.map(({ item }) => item),
    service_tier: tierServed(request),
    usage: faults.usage === 'none' ? undefined : usage,
    ...sources,
  }
  return { made: { head, items, whole, draft, hash }, tokens }
}

/** What tools of the service's own do: those that the model uses by its nature, those that it must, and whatever searches the web. */
function hostedItems(read: ReadRequest, writing: Writing, conversation: Conversation): ScriptedItem[] {
  const { request, draft } = writing
  if (read.model.stubborn) return []
  const last = conversation.input.at(-1)
  const eager = (read.model.callsTools === true && !isResult(last)) || mustCall(request)
  const offered = toolsOffered(request)
    .map((tool) => ({ tool, kind: hostedKind(tool) }))
    .filter((one): one is { tool: Tool; kind: HostedKind } => one.kind !== undefined)
    .filter(({ kind }) => eager || kind === 'web-search' || (kind === 'mcp' && last?.type === 'mcp_approval_response'))
  const own = (draft.hosted ?? [])
    .filter((kind) => !offered.some((other) => other.kind === kind))
    .map((kind) => ({ kind, tool: undefined }))
  const uses = [...own, ...offered].slice(0, request.max_tool_calls ?? undefined)
  return uses.flatMap(({ kind, tool }, place) => useTool(kind, { writing, conversation, tool, place }))
}

const isResult = (item: Item | undefined) =>
  item !== undefined && (answeredBy(item.type) !== undefined || item.type === 'mcp_approval_response')

function keepResponse({ read, request, conversation }: Drafted, made: Made, faults: Faults, tokens: number): void {
  const { history, input } = conversation
  const letters = conversation.letters + read.text.length + lettersOf(made, tokens)
  const own = input.map((item, index) => listed(item, index, made))
  const kept = { response: made.whole, input: [...history, ...own], own: own.length, letters }
  if (!request.background) return read.kept.add(kept)
  const ends = read.now + (faults.slow ?? 0) + (faults.pace ?? 0) * tokens
  read.kept.add({ ...kept, background: { made, ends, stopped: false, streamed: request.stream === true } })
}

/** A token is a dozen letters at most; its likelihoods are many more. */
function lettersOf({ whole }: Made, tokens: number): number {
  const likelihoods = 250 * (Number(whole['top_logprobs']) + 1)
  return tokens * (16 + likelihoods)
}

/** An item of the input as it is told afterwards: with an id, and words as parts. */
function listed(item: Item, index: number, { hash }: Made): Item {
  const id = item.id ?? idFrom({ hash }, prefixOf(item.type), 1000 + index)
  if (item.type !== 'message') return { ...item, id }
  return { ...item, id, status: item.status ?? 'completed', content: partsOf(item).map(listedPart) }
}

const listedPart = (part: ReturnType<typeof partsOf>[number]) =>
  part.type === 'output_text' ? { annotations: [], logprobs: [], ...part } : part
