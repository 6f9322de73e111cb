/**
 * Writes what a model says as the items of a response. https://platform.openai.com/docs/api-reference/responses/object,
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
import { createHash } from 'node:crypto'
import { citationIn } from '../answer.ts'
import type { Draft } from '../behaviours.ts'
import { halvesOf } from '../completion.ts'
import { likelihoodsOf } from '../logprobs.ts'
import type { Said } from '../said.ts'
import { tokensOf } from '../tokens.ts'
import type { DraftCall } from '../tools.ts'
import { encryptedFor } from './encrypted.ts'
import type { ResponseRequest } from './request-schema.ts'
import { type ScriptedItem, type Step, step, token } from './scripted.ts'

/** What items are written from. */
export interface Writing {
  request: ResponseRequest
  draft: Draft
  said: Said
  /** From which all ids are made. */
  hash: string
}

/** An id that is the same for the same response and place. */
export const idFrom = ({ hash }: Pick<Writing, 'hash'>, prefix: string, place: number, letters = 48) =>
  prefix + createHash('sha256').update(`${hash}.${prefix}.${place}`).digest('hex').slice(0, letters)

/** How an answer that broke off is told; undefined where it did not. */
export function brokenOff({ ending }: Said): 'max_output_tokens' | 'content_filter' | undefined {
  if (ending === 'length' || ending === 'context-window') return 'max_output_tokens'
  return ending === 'content-filter' || ending === 'recitation' ? 'content_filter' : undefined
}

/** The items of a whole reply. `hosted` are those of tools that the service has itself; they come before what is said. */
export function itemsOf(writing: Writing, hosted: readonly ScriptedItem[]): ScriptedItem[] {
  const { said, draft } = writing
  const items: ScriptedItem[] = []
  if (said.reasoning !== null) items.push(thought(writing, said.reasoning, 0))
  items.push(...hosted)
  const silent = hosted.some(({ waits }) => waits) || (said.text === '' && brokenOff(said) !== undefined)
  if (said.refusal !== null) items.push(refusal(writing, said.refusal))
  else if (said.text !== null && !silent) items.push(message(writing, said.text))
  if (said.afterthought !== null) items.push(thought(writing, said.afterthought, 1))
  for (const [place, call] of said.calls.entries()) items.push(toolCall(writing, call, place))
  if (brokenOff(said) !== undefined) markIncomplete(items.at(-1))
  if (draft.extra?.choice)
    for (const { item, begun } of items) for (const one of [item, begun]) Object.assign(one, draft.extra.choice)
  return items
}

/** Thoughts have no status. */
function markIncomplete(last: ScriptedItem | undefined): void {
  if (last?.item.status) last.item.status = 'incomplete'
}

/** Sentences, or all of them as one where the summary is to be short. */
function summaryOf({ request, draft }: Writing, text: string): string[] {
  const wanted = request.reasoning?.summary ?? request.reasoning?.generate_summary
  if (!wanted || draft.redacted) return []
  return wanted === 'concise' ? [text] : text.split(/(?<=\.) /)
}

function thought(writing: Writing, text: string, place: number): ScriptedItem {
  const { request, draft } = writing
  const id = idFrom(writing, 'rs_', place)
  const summary = summaryOf(writing, text)
  const encrypted = draft.redacted || request.include?.includes('reasoning.encrypted_content')
  const secret = encrypted ? { encrypted_content: encryptedFor(id) } : {}
  const begun = { id, type: 'reasoning', summary: [], ...(draft.detailed && { content: [] }), ...secret }
  const item = {
    ...begun,
    summary: summary.map((part) => ({ type: 'summary_text', text: part })),
    ...(draft.detailed && { content: [{ type: 'reasoning_text', text }] }),
  }
  return { begun, item, steps: () => thoughtSteps(summary, draft.detailed ? text : undefined) }
}

function* thoughtSteps(summary: readonly string[], content: string | undefined): Generator<Step> {
  if (content !== undefined) {
    const at = { content_index: 0 }
    yield step('response.content_part.added', { ...at, part: { type: 'reasoning_text', text: '' } })
    for (const delta of tokensOf(content)) yield token('response.reasoning_text.delta', { ...at, delta })
    yield step('response.reasoning_text.done', { ...at, text: content })
    yield step('response.content_part.done', { ...at, part: { type: 'reasoning_text', text: content } })
  }
  for (const [summary_index, text] of summary.entries()) {
    const at = { summary_index }
    yield step('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } })
    for (const delta of tokensOf(text)) yield token('response.reasoning_summary_text.delta', { ...at, delta })
    yield step('response.reasoning_summary_text.done', { ...at, text })
    yield step('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } })
  }
}

/** How many alternatives to each token are told, or null where no likelihoods are. */
export function likelihoodsAsked({ request, draft }: Writing): number | null {
  if (!draft.logprobs) return null
  return request.top_logprobs ?? (request.include?.includes('message.output_text.logprobs') ? 0 : 2)
}

function message(writing: Writing, text: string): ScriptedItem {
  const { draft, said } = writing
  const top = likelihoodsAsked(writing)
  const texts = draft.inParts ? halvesOf(text) : [text]
  const parts = texts.map((part, index) => ({
    type: 'output_text',
    annotations: index === texts.length - 1 && draft.annotated && part !== '' ? [citation(part)] : [],
    logprobs: top === null ? [] : likelihoodsOf(part, top),
    text: part,
    ...draft.extra?.message,
  }))
  const begun = { ...messageBegun(writing), ...(said.calls.length > 0 && { phase: 'commentary' }) }
  const item = { ...begun, status: 'completed', content: parts }
  return {
    begun,
    item,
    *steps() {
      for (const [content_index, part] of parts.entries()) yield* textSteps(part, content_index, draft)
    },
  }
}

function messageBegun(writing: Writing) {
  const { draft } = writing
  const id = idFrom(writing, 'msg_', 0)
  return { id, type: 'message', status: 'in_progress', content: [], role: 'assistant', ...draft.extra?.message }
}

function citation(text: string) {
  const { start, end } = citationIn(text)
  const page = { title: 'Simulated page', url: 'https://example.com/page' }
  return { type: 'url_citation', start_index: start, end_index: end, ...page }
}

interface TextPart {
  text: string
  annotations: readonly object[]
  logprobs: ReturnType<typeof likelihoodsOf>
}

function* textSteps(part: TextPart, content_index: number, { extra }: Draft): Generator<Step> {
  const at = { content_index }
  const { text, annotations } = part
  const likelihoods = part.logprobs.map(withoutBytes)
  yield step('response.content_part.added', { ...at, part: { ...part, text: '', annotations: [], logprobs: [] } })
  let place = 0
  for (const delta of tokensOf(text)) {
    const logprobs = likelihoods.slice(place, ++place)
    yield token('response.output_text.delta', { ...at, delta, logprobs, ...extra?.delta })
  }
  for (const [annotation_index, annotation] of annotations.entries()) {
    yield step('response.output_text.annotation.added', { ...at, annotation_index, annotation })
  }
  yield step('response.output_text.done', { ...at, logprobs: likelihoods, text })
  yield step('response.content_part.done', { ...at, part })
}

/** Events tell likelihoods without the bytes. */
const withoutBytes = ({ top_logprobs, ...most }: TextPart['logprobs'][number]) => ({
  token: most.token,
  logprob: most.logprob,
  top_logprobs: top_logprobs.map(({ token: other, logprob }) => ({ token: other, logprob })),
})

function refusal(writing: Writing, text: string): ScriptedItem {
  const begun = messageBegun(writing)
  const part = { type: 'refusal', refusal: text, ...writing.draft.extra?.message }
  return {
    begun,
    item: { ...begun, status: 'completed', content: [part] },
    *steps() {
      const at = { content_index: 0 }
      yield step('response.content_part.added', { ...at, part: { ...part, refusal: '' } })
      for (const delta of tokensOf(text)) yield token('response.refusal.delta', { ...at, delta })
      yield step('response.refusal.done', { ...at, refusal: text })
      yield step('response.content_part.done', { ...at, part })
    },
  }
}

function toolCall(writing: Writing, { type, name, text }: DraftCall, place: number): ScriptedItem {
  const call_id = idFrom(writing, 'call_', place, 24)
  const [prefix, kind, field, events] =
    type === 'function'
      ? (['fc_', 'function_call', 'arguments', 'function_call_arguments'] as const)
      : (['ctc_', 'custom_tool_call', 'input', 'custom_tool_call_input'] as const)
  const begun = {
    id: idFrom(writing, prefix, place),
    type: kind,
    status: 'in_progress',
    [field]: '',
    call_id,
    name,
    ...namespaceOf(writing.request, type, name),
  }
  return {
    begun,
    item: { ...begun, status: 'completed', [field]: text },
    *steps() {
      for (const delta of tokensOf(text)) yield token(`response.${events}.delta`, { delta })
      yield step(`response.${events}.done`, { [field]: text })
    },
  }
}

/** A tool that stands in a namespace is called with it. */
function namespaceOf({ tools }: ResponseRequest, type: string, name: string): { namespace?: string } {
  const around = (tools ?? []).find((tool) => tool.tools?.some((inner) => inner.type === type && inner.name === name))
  const alone = (tools ?? []).some((tool) => tool.type === type && tool.name === name)
  return around?.name && !alone ? { namespace: around.name } : {}
}
