/** What the events of a stream do to the response that they tell of. https://platform.openai.com/docs/api-reference/responses-streaming */

/** Where a text that comes in deltas stands: in a part of its item, or in a member of the item itself. */
export interface TextPlace {
  readonly list: 'content' | 'summary' | undefined
  /** Of the part. */
  readonly type: string
  readonly member: string
}

export type EventKind = { readonly head: string } & (
  | { readonly is: 'lifecycle'; readonly status: string }
  | { readonly is: 'end'; readonly status: string }
  | { readonly is: 'item-added' | 'item-done' | 'annotation' | 'error' | 'idle' | 'other' }
  | { readonly is: 'part-added' | 'part-done'; readonly list: 'content' | 'summary' }
  | { readonly is: 'delta'; readonly place: TextPlace }
)

type Kind = EventKind extends infer One ? (One extends EventKind ? Omit<One, 'head'> : never) : never

function inContent(type: string, member = 'text'): Kind {
  return { is: 'delta', place: { list: 'content', type, member } }
}

function inItem(member: string): Kind {
  return { is: 'delta', place: { list: undefined, type: '', member } }
}

const table: Readonly<Record<string, Kind>> = {
  'response.created': { is: 'lifecycle', status: 'in_progress' },
  'response.in_progress': { is: 'lifecycle', status: 'in_progress' },
  'response.queued': { is: 'lifecycle', status: 'queued' },
  'response.completed': { is: 'end', status: 'completed' },
  'response.incomplete': { is: 'end', status: 'incomplete' },
  'response.failed': { is: 'end', status: 'failed' },
  'response.cancelled': { is: 'end', status: 'cancelled' },
  'response.output_item.added': { is: 'item-added' },
  'response.output_item.done': { is: 'item-done' },
  'response.content_part.added': { is: 'part-added', list: 'content' },
  'response.content_part.done': { is: 'part-done', list: 'content' },
  'response.reasoning_summary_part.added': { is: 'part-added', list: 'summary' },
  'response.reasoning_summary_part.done': { is: 'part-done', list: 'summary' },
  'response.output_text.annotation.added': { is: 'annotation' },
  'response.output_text.delta': inContent('output_text'),
  'response.refusal.delta': inContent('refusal', 'refusal'),
  'response.reasoning_text.delta': inContent('reasoning_text'),
  'response.reasoning_summary_text.delta': {
    is: 'delta',
    place: { list: 'summary', type: 'summary_text', member: 'text' },
  },
  'response.function_call_arguments.delta': inItem('arguments'),
  'response.mcp_call_arguments.delta': inItem('arguments'),
  'response.custom_tool_call_input.delta': inItem('input'),
  'response.code_interpreter_call_code.delta': inItem('code'),
  error: { is: 'error' },
  // Providers send these while they have nothing to say; clients get our own.
  ping: { is: 'idle' },
  keepalive: { is: 'idle' },
  'response.ping': { is: 'idle' },
  'response.keepalive': { is: 'idle' },
}

const kinds = new Map<string, EventKind>(
  Object.entries(table).map(([type, kind]) => [type, { ...kind, head: headOf(type) }]),
)

/** A type that is not known is passed on: the client may know it. */
export function kindOf(type: string): EventKind {
  return kinds.get(type) ?? { is: 'other', head: headOf(type) }
}

/** A type that does not fit on a line of its own has none: it could be taken for something else. */
function headOf(type: string): string {
  return /^[\x21-\x7e]+$/.test(type) ? `event: ${type}\ndata: ` : 'data: '
}
