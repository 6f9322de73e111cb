/**
 * Items of a client's request as one provider takes them: the client's own text, in which items and parts are changed or taken out.
 * https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
 */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { elements, members } from '../../core/json-text.ts'
import { unsupported } from '../../core/refuse.ts'
import { RequestEdits } from '../../core/request-edits.ts'
import { listOf, objectsOf, tableOf, textOf } from '../../core/wire.ts'
import type { Adapting } from './adapt.ts'
import { typeOf } from './decode-items.ts'
import type { Quirks } from './quirks.ts'
import { isWrapped } from './wrapped.ts'

export interface ItemRules {
  apply(adapting: Adapting): void
}

/** The rules for one provider. */
export function itemRules(quirks: Quirks): ItemRules {
  const mentions = mentionsOf(quirks)
  return {
    apply(adapting) {
      const list = adapting.member('input')
      const { input } = adapting.body
      if (list === undefined || !Array.isArray(input) || !mentions.test(adapting.text)) return
      const spans = elements(adapting.text, list.at)
      const kept = input.map((item, index) => {
        const { at, end } = spans[index]!
        const own = adapting.text.slice(at, end)
        return { own, fitted: isJsonObject(item) ? adaptItem(own, item, `input[${index}]`, adapting) : own }
      })
      if (kept.every(({ own, fitted }) => fitted === own)) return
      const left = kept.flatMap(({ fitted }) => (fitted === undefined ? [] : [fitted]))
      adapting.set('input', `[${left.join(',')}]`)
    },
  }
}

/** Found at a glance: many requests have nothing in their items that has to be changed. */
function mentionsOf(quirks: Quirks): RegExp {
  const {
    checksItemIds = true,
    developerRole,
    cacheControl,
    refuseParts = [],
    reasoningBack = 'sealed',
    store = 'as-asked',
  } = quirks
  const words = ['asbru:1:', 'mcp_approval_responses', 'file_type"', '"refusal"', '"text"\\s*[,}]', '"reasoning_text"']
  if (checksItemIds) words.push('"id"')
  if (developerRole === 'system') words.push('"developer"')
  if (cacheControl !== true) words.push('"cache_control"')
  if (reasoningBack !== 'sealed' || store !== 'as-asked') words.push('"reasoning"')
  for (const type of refuseParts) words.push(`"${type}"`)
  return new RegExp(words.join('|'))
}

/** An item or a part while it is being changed. */
type Edits = RequestEdits

/** The text of an item as it goes on; undefined where it does not. */
function adaptItem(own: string, item: JsonObject, path: string, adapting: Adapting): string | undefined {
  const edits = new RequestEdits({ text: own, members: members(own), body: item })
  const type = typeOf(item)
  if (type === 'reasoning' && !adaptReasoningItem(edits, path, adapting)) return undefined
  if (type === 'mcp_approval_responses') edits.set('type', '"mcp_approval_response"')
  if (type.startsWith('mcp_approval_response') && !edits.has('approval_request_id'))
    edits.rename('approval_response_id', 'approval_request_id')
  if (type === 'refusal') return refusalMessage(edits)
  if (adapting.quirks.developerRole === 'system' && item['role'] === 'developer') edits.set('role', '"system"')
  adaptId(edits, type, adapting.quirks)
  dropMark(edits, path, adapting)
  for (const list of ['content', 'output']) adaptParts(edits, list, path, adapting)
  return edits.finish().text
}

/** What the gateway writes as an item, OpenAI has as a part of a message. */
function refusalMessage(edits: Edits): string {
  const part = `{"type":"refusal","refusal":${edits.raw('refusal') ?? '""'}}`
  return `{"type":"message","role":"assistant","content":[${part}]}`
}

/** How ids of items begin at OpenAI, which refuses others. */
const beginnings = tableOf<string>({
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  custom_tool_call: 'ctc',
  image_generation_call: 'ig',
  web_search_call: 'ws',
  file_search_call: 'fs',
  code_interpreter_call: 'ci',
  computer_call: 'cu',
  mcp_call: 'mcp',
})

const longestId = 64

/** Ids that another provider gave mean nothing here. */
function adaptId(edits: Edits, type: string, { checksItemIds = true }: Quirks): void {
  const id = textOf(edits.body['id'])
  const beginning = beginnings[type]
  if (!checksItemIds || id === undefined || beginning === undefined) return
  if (!id.startsWith(beginning) || id.length > longestId || isOurs.test(id)) edits.remove('id')
}

/** As item-ids.ts makes them. */
const isOurs = /^[a-z]+_[0-9a-f]{48}_\d+$/

/**
 * Thoughts that other providers sealed are known to nobody here, whatever can be read of them stays where that is read. False: nothing is left of
 * the item.
 */
function adaptReasoningItem(edits: Edits, path: string, { quirks, dropped }: Adapting): boolean {
  const { encrypted_content: sealed, content } = edits.body
  const back = quirks.reasoningBack ?? 'sealed'
  // Without a seal it is known by its id to who has kept it; who seals shows nothing but summaries.
  const isUnsealed = !edits.has('encrypted_content')
  const isKept = (quirks.store ?? 'as-asked') === 'as-asked' && objectsOf(content).length === 0
  const isForeign = isWrapped(sealed) || (isUnsealed && !isKept)
  if (back === 'sealed' && !isForeign) return true
  const isReadable = ['summary', 'content'].some((list) => objectsOf(edits.body[list]).some(({ text }) => text))
  if (back !== 'text' || !isReadable) {
    dropped.push(path)
    return false
  }
  if (edits.has('encrypted_content')) dropped.push(`${path}.encrypted_content`)
  edits.remove('encrypted_content')
  return true
}

function dropMark(edits: Edits, path: string, { quirks, dropped }: Adapting): void {
  if (quirks.cacheControl === true || edits.member('cache_control') === undefined) return
  if (edits.has('cache_control')) dropped.push(`${path}.cache_control`)
  edits.remove('cache_control')
}

/** Lists that have parts of a message in them; those of other items are their own affair. */
function adaptParts(edits: Edits, list: string, path: string, adapting: Adapting): void {
  const parts = listOf(edits.body[list])
  const found = edits.member(list)
  if (parts === undefined || found === undefined) return
  const spans = elements(edits.text, found.at)
  const texts = parts.map((part, index) => {
    const own = edits.text.slice(spans[index]!.at, spans[index]!.end)
    return {
      own,
      fitted: isJsonObject(part)
        ? adaptPart(own, part, edits.body['role'], `${path}.${list}[${index}]`, adapting)
        : own,
    }
  })
  if (texts.every(({ own, fitted }) => own === fitted)) return
  edits.set(list, `[${texts.map(({ fitted }) => fitted).join(',')}]`)
}

function adaptPart(own: string, part: JsonObject, role: Json | undefined, path: string, adapting: Adapting): string {
  const type = textOf(part['type']) ?? ''
  if (adapting.quirks.refuseParts?.includes(type))
    throw unsupported(
      path,
      `is of type ${type}, which this provider does not read`,
      'Leave it out, or choose another provider',
    )
  const edits = new RequestEdits({ text: own, members: members(own), body: part })
  // Chat completions call it so.
  if (type === 'text') edits.set('type', role === 'assistant' ? '"output_text"' : '"input_text"')
  if (type === 'input_file' && edits.has('file_type')) {
    edits.remove('file_type')
    adapting.dropped.push(`${path}.file_type`)
  }
  dropMark(edits, path, adapting)
  return edits.finish().text
}
