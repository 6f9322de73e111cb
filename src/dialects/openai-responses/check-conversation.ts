/**
 * Do the items of a request fit together? A provider that speaks this wire may know more of them than stands in the request; for any other, all has
 * to be there. https://platform.openai.com/docs/guides/function-calling
 */
import type { Json, JsonObject } from '../../core/json.ts'
import { inconsistent, unsupported } from '../../core/refuse.ts'
import { isJsonObject } from '../../core/json.ts'
import { listOf, textOf } from '../../core/wire.ts'
import { isUnasked, typeOf } from './decode-items.ts'

/** Throws `invalid-request` naming the item. */
export function checkConversation(body: JsonObject): void {
  const calls = new Calls(body['previous_response_id'] != null || body['conversation'] != null)
  const items = listOf(body['input']) ?? []
  for (const [index, item] of items.entries()) {
    if (isJsonObject(item)) checkItem(item, `input[${index}]`, calls)
  }
  calls.end()
  checkLast(items)
}

function checkItem(item: JsonObject, at: string, calls: Calls): void {
  switch (typeOf(item)) {
    case 'function_call':
    case 'custom_tool_call':
      return calls.call(textOf(item['call_id']) ?? '', `${at}.call_id`)
    case 'function_call_output':
    case 'custom_tool_call_output':
      return isUnasked(item) ? undefined : calls.answer(textOf(item['call_id']), `${at}.call_id`)
    case 'item_reference':
      throw inconsistent(
        `${at}.id`,
        `refers to item ${JSON.stringify(item['id'])}, which is not found`,
        'Send the item itself: only those of stored responses and conversations can be referred to',
      )
    case 'compaction':
      throw unsupported(
        at,
        'is a conversation that was compacted, which only its provider can read',
        'Send the conversation itself, or choose that provider',
      )
  }
}

/** Calls of the conversation, and which have been answered. */
class Calls {
  /** There is more than the request has. */
  readonly #continues: boolean
  /** Where a call stands that has no result yet, by its id; undefined: it has one. */
  readonly #open = new Map<string, string | undefined>()

  constructor(continues: boolean) {
    this.#continues = continues
  }

  /** Some providers count their calls anew in each turn: an id may be had again once its call is answered. */
  call(id: string, at: string): void {
    const other = this.#open.get(id)
    if (other !== undefined)
      throw inconsistent(at, `is ${JSON.stringify(id)}, which ${other} is already`, 'Give each call an id of its own')
    this.#open.set(id, at)
  }

  answer(id: string | undefined, at: string): void {
    if (id === undefined)
      throw inconsistent(
        at,
        'is missing: the output answers no call',
        'Send the call_id of the call it is the output of, or the name of a tool that tells it unasked',
      )
    const known = this.#open.has(id)
    if (known && this.#open.get(id) === undefined)
      throw inconsistent(
        at,
        `is ${JSON.stringify(id)}, a call that has an output already`,
        'Send one output for each call',
      )
    if (!known && !this.#continues)
      throw inconsistent(
        at,
        `is ${JSON.stringify(id)}: no tool call found before this output that has this call_id`,
        'Send the call as well, or continue the response it stands in with previous_response_id',
      )
    this.#open.set(id, undefined)
  }

  end(): void {
    for (const [id, at] of this.#open) {
      if (at === undefined) continue
      throw inconsistent(
        at,
        `is ${JSON.stringify(id)}: no tool output found for this call`,
        'Send an output with this call_id behind the call',
      )
    }
  }
}

/** Answers to what only OpenAI can have asked. */
const foreignAnswers =
  /^(?:computer_call|local_shell_call|shell_call|apply_patch_call|program)_output$|^(?:mcp_approval_response|mcp_approval_responses|tool_search_output)$/

/** Of what went before, such an item may be left out and named; when it is what is to be answered now, nothing is left to answer. */
function checkLast(items: readonly Json[]): void {
  const last = items.at(-1)
  const type = isJsonObject(last) ? typeOf(last) : ''
  if (!foreignAnswers.test(type)) return
  throw unsupported(
    `input[${items.length - 1}]`,
    `is of type ${type}, which answers what this provider cannot have asked`,
    'Choose the provider that asked',
  )
}
