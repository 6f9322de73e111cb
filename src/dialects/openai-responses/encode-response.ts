/** A whole reply as a response for a client. https://platform.openai.com/docs/api-reference/responses/object */
import type { Block, BlockDelta, BlockStart, ChatResponse, Choice } from '../../core/chat.ts'
import type { Asked } from '../../core/dialect.ts'
import { makeKeeper } from '../../core/extra.ts'
import { type ExtraFields, extraFieldsJson } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined, objectsOf } from '../../core/wire.ts'
import { endOf } from './end-status.ts'
import { replyIdOf } from './item-ids.ts'
import { dialect } from './name.ts'
import { Output } from './output.ts'
import type { ItemWriting } from './output-item.ts'
import { responseObject } from './response-object.ts'
import { encodeUsage } from './response-usage.ts'
import { namespacesOf } from './tool-namespaces.ts'

const silence: Choice = { index: 0, content: [], finishReason: null }

/** A client of this wire cannot ask for more than one answer. Names what it cannot be told in `extra.dropped`. */
export function encodeResponse(response: ChatResponse, extra: ExtraFields, asked: Asked): JsonObject {
  const choice = response.choices[0] ?? silence
  const keeper = makeKeeper(response.dialect === dialect)
  const lost = new Set<string>()
  const id = replyIdOf(asked, response.id)
  const end = endOf(choice.finishReason)
  const output = outputOf(choice, id, end.status === 'incomplete', {
    keeper,
    lost,
    namespaces: namespacesOf(asked.request.body),
    sink: undefined,
  })
  const { usage, serviceTier } = response
  const state = { ...end, output, usage: usage && encodeUsage(usage, keeper), serviceTier }
  const wire = {
    ...responseObject({ id, created: response.created, model: response.model }, state, asked),
    output_text: outputText(output),
    ...encodeSearch(response),
    ...stopReason(choice.finishReason),
  }
  nameLost(lost, extra)
  return { ...keeper.put(wire, response.extra, ''), extra_fields: extraFieldsJson(extra) }
}

function outputOf({ content, logprobs }: Choice, id: string, isCut: boolean, writing: ItemWriting): JsonObject[] {
  const output = new Output(id, writing)
  const likely = content.findIndex(({ type }) => type === 'text')
  if (logprobs !== undefined && likely === -1 && isTold(logprobs)) writing.lost.add('response.logprobs')
  for (const [index, block] of content.entries()) {
    const [start, delta] = grown(block)
    if (start === undefined) writing.lost.add(`response.${block.type}`)
    else {
      output.open(index, start)
      output.add(index, index === likely && logprobs !== undefined ? { ...delta, logprobs } : delta)
      output.end(index)
    }
  }
  return output.finish(isCut)
}

function isTold({ content, refusal }: JsonObject): boolean {
  return objectsOf(content).length + objectsOf(refusal).length > 0
}

/** A block as it would come in a stream, in one piece. */
function grown(block: Block): [start: BlockStart | undefined, delta: BlockDelta] {
  switch (block.type) {
    case 'text':
      return [{ type: 'text' }, defined({ text: block.text, annotations: block.annotations, extra: block.extra })]
    case 'refusal':
      return [{ type: 'refusal' }, defined({ text: block.text, extra: block.extra })]
    case 'reasoning': {
      const { type, kind, id, format, text, signature, data, extra } = block
      return [defined({ type, kind, id, format }), defined({ text, signature, data, extra })]
    }
    case 'tool-call': {
      const { type, kind, id, name, extra } = block
      return [{ type, kind, id, name }, defined({ text: block.arguments, extra })]
    }
    case 'audio':
      return [{ type: 'audio' }, defined({ text: block.transcript })]
    case 'image':
    case 'unknown':
      return [block, {}]
    default:
      return [undefined, {}]
  }
}

/** Everything that was said, as one text. */
function outputText(output: readonly JsonObject[]): string {
  const parts = output.flatMap((item) => (item['type'] === 'message' ? objectsOf(item['content']) : []))
  return parts.map((part) => (part['type'] === 'output_text' ? part['text'] : '')).join('')
}

/** What a search model drew on has no place among OpenAI's members, and does no harm beside them. */
export function encodeSearch({
  searchResults,
  videos,
  citations,
}: Pick<ChatResponse, 'searchResults' | 'videos' | 'citations'>): JsonObject {
  return defined({ search_results: searchResults, videos, citations })
}

/** Why it ended, as the provider says it. */
export function stopReason(finishReason: Choice['finishReason']): JsonObject {
  return finishReason === null ? {} : { stop_reason: finishReason }
}

/** What is lost of a reply stands among what was lost of its request, behind `response.`. */
export function nameLost(lost: ReadonlySet<string>, extra: ExtraFields): void {
  if (lost.size > 0) extra.dropped = [...(extra.dropped ?? []), ...lost]
}
