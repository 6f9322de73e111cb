/**
 * Whether the items of a request follow on one another, and on what was kept before: calls and what came of them, thoughts and what
 * they led to. https://platform.openai.com/docs/guides/function-calling, https://platform.openai.com/docs/guides/reasoning
 */
import { badRequest, Refused } from '../errors.ts'
import { encryptionFault } from './encrypted.ts'
import { contextExceeded } from './errors.ts'
import type { Item } from './item-schema.ts'
import { answeredBy, answeredCalls, idFault, isOfModel, itemsIn } from './items.ts'
import type { KeptResponses } from './kept.ts'
import type { ResponseRequest } from './request-schema.ts'

/** What a response is to be made from. */
export interface Conversation {
  history: readonly Item[]
  /** What came with the request, references replaced by what they refer to. */
  input: readonly Item[]
  /** How much the history is, in letters. */
  letters: number
}

/** A conversation may go on until it is so much. */
const mostLetters = 64 * 1024 * 1024

/** Puts together what a request goes on from and what it brings, or throws a `Refused`. */
export function conversationOf(
  request: Pick<ResponseRequest, 'input' | 'previous_response_id'>,
  kept: KeptResponses,
): Conversation {
  const { history, letters } = historyOf(request.previous_response_id, kept)
  const sent = itemsIn(request)
  const input = sent.map((item, index) => known(item, `input[${index}].id`, kept))
  const refusal = repeatedId(history, input) ?? thoughtFault(input, kept) ?? callFault(history, input)
  if (refusal) throw refusal
  return { history, input, letters }
}

function historyOf(id: string | null | undefined, kept: KeptResponses): Omit<Conversation, 'input'> {
  if (id === undefined || id === null) return { history: [], letters: 0 }
  const place = 'previous_response_id'
  if (!id.startsWith('resp')) {
    throw badRequest(`Invalid '${place}': '${id}'. Expected an ID that begins with 'resp'.`, place, 'invalid_value')
  }
  const previous = kept.find(id)
  if (!previous) throw badRequest(`Previous response with id '${id}' not found.`, place, 'previous_response_not_found')
  const { input, response, letters } = previous
  if (letters > mostLetters) throw contextExceeded
  return { history: [...input, ...response.output], letters }
}

/** The item itself, or what it refers to. Thoughts that are not told must be known here. */
function known(item: Item, place: string, kept: KeptResponses): Item {
  const refusal = idFault(item, place)
  if (refusal) throw refusal
  const { id } = item
  const bare = item.type === 'reasoning' && typeof item.encrypted_content !== 'string' && !item.content
  if (item.type !== 'item_reference' && !bare) return item
  if (!id) throw badRequest(`Missing required parameter: '${place}'.`, place, 'missing_required_parameter')
  const found = kept.item(id)
  if (!found) throw notFound(id)
  return item.type === 'item_reference' ? found.item : item
}

function notFound(id: string): Refused {
  const message = `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`
  return new Refused(404, { message, type: 'invalid_request_error', param: 'input', code: null })
}

function repeatedId(history: readonly Item[], input: readonly Item[]): Refused | undefined {
  const seen = new Set(history.map(({ id }) => id))
  for (const { id } of input) {
    if (!id) continue
    if (seen.has(id)) {
      const text = `Duplicate item found with id ${id}. Remove duplicate items from your input and try again.`
      return badRequest(text, 'input')
    }
    seen.add(id)
  }
  return undefined
}

/** A thought is nothing without what it led to, and what it led to is nothing without the thought. */
function thoughtFault(input: readonly Item[], kept: KeptResponses): Refused | undefined {
  const thoughts = new Set<string>()
  for (const [index, item] of input.entries()) {
    const { type, id } = item
    if (type === 'reasoning') {
      const fault = encryptionFault(item)
      if (fault) return fault
      const next = input[index + 1]
      if (!next || !isOfModel(next)) {
        const what = id ? `'${id}' of type 'reasoning'` : "of type 'reasoning'"
        return badRequest(`Item ${what} was provided without its required following item.`, 'input')
      }
      if (id) thoughts.add(id)
      continue
    }
    const thought = id ? kept.item(id)?.thought : undefined
    if (thought === undefined || thoughts.has(thought)) continue
    const text = `Item '${id}' of type '${type}' was provided without its required 'reasoning' item: '${thought}'.`
    return badRequest(text, 'input')
  }
  return undefined
}

/** What a call is known by, and what answers it names. */
const callKey = ({ type, call_id, id }: Item) => (type === 'local_shell_call_output' ? id : call_id)

/** Every call has what came of it, and nothing else is answered. */
function callFault(history: readonly Item[], input: readonly Item[]): Refused | undefined {
  const called = new Set<string>()
  const open = new Map<string, string>()
  const approvals = new Set<string>()
  for (const item of [...history, ...input]) {
    const { type, call_id } = item
    if (type === 'mcp_approval_request' && item.id) approvals.add(item.id)
    if (type === 'mcp_approval_response' && !approvals.has(String(item['approval_request_id']))) {
      return badRequest(`Approval request with id '${item['approval_request_id']}' not found.`, 'input')
    }
    const own = answeredCalls[type]
    if (own && call_id) {
      called.add(`${type} ${call_id}`)
      if (item['async'] !== true) open.set(`${type} ${call_id}`, `${own.words} ${call_id}`)
    }
    const call = answeredBy(type)
    const key = callKey(item)
    // An output that names its tool instead of a call stands alone.
    if (!call || (!key && item.name)) continue
    if (!called.has(`${call} ${key}`)) {
      const text = `No tool call found for ${answeredCalls[call]!.words} output with call_id ${key}.`
      return badRequest(text, 'input')
    }
    open.delete(`${call} ${key}`)
  }
  const [unanswered] = open.values()
  return unanswered === undefined ? undefined : badRequest(`No tool output found for ${unanswered}.`, 'input')
}
