/** Good streams made bad: each mutation with what the checker has to say of it. */
import type { Loose } from './frames.ts'
import { goodStreams, numbered } from './good-streams.ts'

/** What is done to a good stream, and what has to be said of it. */
export interface Mutation {
  readonly name: string
  /** Default `everything`. */
  readonly of?: keyof typeof goodStreams
  /** Changes the events, which are a copy; those it gives are numbered again unless it says so. */
  readonly events?: (events: Loose[]) => unknown
  readonly text?: (text: string) => string
  readonly keepNumbers?: boolean
  readonly fault: RegExp
}

const typed = (events: Loose[], type: string, nth = 0): Loose =>
  events.filter((event) => event['type'] === `response.${type}`)[nth]!
export const without =
  (type: string, nth = 0) =>
  (events: Loose[]) => {
    const left = typed(events, type, nth)
    return events.filter((event) => event !== left)
  }
const twice =
  (type: string, nth = 0) =>
  (events: Loose[]) => {
    const event = typed(events, type, nth)
    return events.flatMap((one) => (one === event ? [one, structuredClone(one)] : [one]))
  }
const swapped =
  (type: string, nth = 0) =>
  (events: Loose[]) => {
    const index = events.indexOf(typed(events, type, nth))
    return events.with(index, events[index + 1]!).with(index + 1, events[index]!)
  }
const changed =
  (type: string, change: (event: Loose) => void, nth = 0) =>
  (events: Loose[]) => {
    change(typed(events, type, nth))
  }
const inLast = (change: (response: Loose) => void) => (events: Loose[]) => {
  change(events.at(-1)!['response'])
}

export const mutations: readonly Mutation[] = [
  // Frames.
  { name: 'no event line', text: (text) => text.replace(/^event: .*\n/m, ''), fault: /no event line/ },
  {
    name: 'another event line',
    text: (text) => text.replace('event: response.created', 'event: message'),
    fault: /says message/,
  },
  { name: 'two event lines', text: (text) => text.replace(/^(event: .*\n)/m, '$1$1'), fault: /several event lines/ },
  { name: 'data in two lines', text: (text) => text.replace(/^(data: .*\n)/m, '$1data: \n'), fault: /2 data lines/ },
  { name: 'an event without data', text: (text) => `event: response.created\n\n${text}`, fault: /0 data lines/ },
  { name: 'data that is cut', text: (text) => text.replace(/\}\n\n/, '\n\n'), fault: /no JSON object/ },
  { name: 'data that is a list', text: (text) => text.replace(/^data: .*$/m, 'data: []'), fault: /no JSON object/ },
  { name: '[DONE] at the end', text: (text) => `${text}data: [DONE]\n\n`, fault: /\[DONE\]/ },
  { name: 'the last empty line', text: (text) => text.slice(0, -1), fault: /not ended/ },
  { name: 'no type', text: (text) => text.replace('"type":"response.created",', ''), fault: /no type/ },
  // Numbers and what every event has.
  {
    name: 'an event left out',
    events: without('reasoning_summary_text.delta'),
    keepNumbers: true,
    fault: /sequence_number is 5 where 4/,
  },
  {
    name: 'an event sent twice',
    events: twice('in_progress'),
    keepNumbers: true,
    fault: /sequence_number is 1 where 2/,
  },
  {
    name: 'numbers from 1',
    events: (events) => numbered(events, 1),
    keepNumbers: true,
    fault: /sequence_number is 1 where 0/,
  },
  {
    name: 'no number',
    events: changed('created', (event) => delete event['sequence_number']),
    keepNumbers: true,
    fault: /undefined where 0/,
  },
  {
    name: 'no extra_fields',
    events: changed('output_text.delta', (event) => delete event['extra_fields']),
    keepNumbers: true,
    fault: /no extra_fields/,
  },
  {
    name: 'another chunk_index',
    events: changed('output_text.delta', (event) => (event['extra_fields'].chunk_index = 0)),
    keepNumbers: true,
    fault: /chunk_index is 0/,
  },
  {
    name: 'no extra_fields in the response',
    events: inLast((response) => delete response['extra_fields']),
    keepNumbers: true,
    fault: /response has no extra_fields/,
  },
  // Beginning and end.
  { name: 'no response.created', events: without('created'), fault: /first event is not response\.created/ },
  { name: 'no response.in_progress', events: without('in_progress'), fault: /before response\.in_progress/ },
  {
    name: 'no response.in_progress and no item',
    of: 'nothing',
    events: without('in_progress'),
    fault: /no response\.in_progress/,
  },
  { name: 'response.created twice', events: twice('created'), fault: /second time/ },
  {
    name: 'response.in_progress before response.created',
    events: swapped('created'),
    fault: /created is not the first/,
  },
  {
    name: 'response.queued after response.in_progress',
    of: 'waiting',
    events: swapped('queued'),
    fault: /queued after/,
  },
  {
    name: 'created with the status of the end',
    events: changed('created', ({ response }) => (response.status = 'completed')),
    fault: /status of the response is completed/,
  },
  {
    name: 'created with output',
    events: changed('created', ({ response }) => (response.output = [{}])),
    fault: /output before/,
  },
  { name: 'no response', events: changed('created', (event) => delete event['response']), fault: /no response in it/ },
  { name: 'no terminal event', events: (events) => events.slice(0, -1), fault: /no terminal event/ },
  { name: 'two terminal events', events: twice('completed'), fault: /comes after response\.completed/ },
  {
    name: 'completed, and then failed',
    events: (events) => [...events, goodStreams.broken.at(-1)!],
    fault: /comes after response\.completed/,
  },
  {
    name: 'an event after the end',
    events: (events) => [...events, { type: 'response.dream.begun' }],
    fault: /comes after response\.completed/,
  },
  {
    name: 'an error after the beginning',
    events: (events) => events.with(-1, goodStreams.error[0]!),
    fault: /fails with response\.failed/,
  },
  {
    name: 'an error without a message',
    of: 'error',
    events: ([event]) => void delete event!['message'],
    fault: /no message/,
  },
  {
    name: 'another id of the response',
    events: inLast((response) => (response['id'] = 'resp_2')),
    fault: /id of the response was resp_1/,
  },
  {
    name: 'no id of the response',
    events: changed('created', ({ response }) => delete response.id),
    fault: /response has no id/,
  },
  {
    name: 'another time',
    events: inLast((response) => (response['created_at'] = 1)),
    fault: /created_at of the response/,
  },
  { name: 'another model', events: inLast((response) => (response['model'] = '')), fault: /model of the response/ },
  {
    name: 'another object',
    events: inLast((response) => (response['object'] = 'chat')),
    fault: /object of the response/,
  },
  {
    name: 'completed with another status',
    events: inLast((response) => (response['status'] = 'incomplete')),
    fault: /status of the response/,
  },
  {
    name: 'completed with an error',
    events: inLast((response) => (response['error'] = { code: 'a', message: 'b' })),
    fault: /did not fail/,
  },
  {
    name: 'completed with a reason for being incomplete',
    events: inLast((response) => (response['incomplete_details'] = { reason: 'x' })),
    fault: /and is not/,
  },
  {
    name: 'incomplete without a reason',
    of: 'tooLong',
    events: inLast((response) => (response['incomplete_details'] = null)),
    fault: /why it is incomplete/,
  },
  {
    name: 'failed without an error',
    of: 'broken',
    events: inLast((response) => (response['error'] = null)),
    fault: /no code/,
  },
  {
    name: 'failed without a message',
    of: 'broken',
    events: inLast((response) => (response['error'].message = '')),
    fault: /no message/,
  },
  {
    name: 'usage that does not add up',
    events: inLast(({ usage }) => (usage.total_tokens = 15)),
    fault: /does not add up/,
  },
  {
    name: 'more cached than read',
    events: inLast(({ usage }) => (usage.input_tokens_details.cached_tokens = 10)),
    fault: /cached/,
  },
  {
    name: 'more thought than written',
    events: inLast(({ usage }) => (usage.output_tokens_details.reasoning_tokens = 6)),
    fault: /thought/,
  },
  { name: 'no output at the end', events: inLast((response) => delete response['output']), fault: /no output/ },
  { name: 'an item missing at the end', events: inLast(({ output }) => output.pop()), fault: /has 7 items/ },
  { name: 'an item more at the end', events: inLast(({ output }) => output.push(output[0])), fault: /has 9 items/ },
  {
    name: 'items in another order at the end',
    events: inLast(({ output }) => output.reverse()),
    fault: /not the one that was done/,
  },
  {
    name: 'an item changed at the end',
    events: inLast(({ output }) => (output[2].content[0].text = 'Adieu')),
    fault: /item 2 of the response is not/,
  },
  {
    name: 'an item of another id at the end',
    events: inLast(({ output }) => (output[2].id = 'msg_2')),
    fault: /item 2 of the response is not/,
  },
  {
    name: 'failed without what came',
    of: 'broken',
    events: inLast(({ output }) => (output[1].content = [])),
    fault: /not what came of it/,
  },
  {
    name: 'failed with an item that claims to be whole',
    of: 'broken',
    events: inLast(({ output }) => (output[1].status = 'completed')),
    fault: /says it is completed/,
  },
  { name: 'failed without an item', of: 'broken', events: inLast(({ output }) => output.pop()), fault: /has 1 items/ },
  // Items.
  { name: 'no output_item.added', events: without('output_item.added', 2), fault: /No item was added/ },
  { name: 'no output_item.done', events: without('output_item.done', 2), fault: /was not done/ },
  { name: 'output_item.added twice', events: twice('output_item.added', 2), fault: /another item's/ },
  { name: 'output_item.done twice', events: twice('output_item.done', 2), fault: /done a second time/ },
  {
    name: 'an output index left out',
    events: (events) => events.map((event) => (event['output_index'] === 7 ? { ...event, output_index: 8 } : event)),
    fault: /output index 8 where 7/,
  },
  { name: 'an item without an id', events: changed('output_item.added', ({ item }) => delete item.id), fault: /no id/ },
  {
    name: 'an item without a type',
    events: changed('output_item.added', ({ item }) => delete item.type),
    fault: /no type/,
  },
  {
    name: "another item's id",
    events: changed('output_item.added', ({ item }) => (item.id = 'rs_1'), 1),
    fault: /another item's/,
  },
  {
    name: 'an id that changes',
    events: changed('output_item.done', ({ item }) => (item.id = 'msg_2'), 2),
    fault: /id of the item was msg_1/,
  },
  {
    name: 'a type that changes',
    events: changed('output_item.done', ({ item }) => (item.type = 'dream'), 2),
    fault: /type of the item was message/,
  },
  {
    name: 'a call_id that changes',
    events: changed('output_item.done', ({ item }) => (item.call_id = 'x'), 3),
    fault: /call_id of the item/,
  },
  {
    name: 'a name that changes',
    events: changed('output_item.done', ({ item }) => (item.name = 'x'), 3),
    fault: /name of the item/,
  },
  {
    name: 'added as completed',
    events: changed('output_item.added', ({ item }) => (item.status = 'completed'), 2),
    fault: /added with status completed/,
  },
  {
    name: 'done as in_progress',
    events: changed('output_item.done', ({ item }) => (item.status = 'in_progress'), 2),
    fault: /status in_progress/,
  },
  {
    name: 'done without a status',
    events: changed('output_item.done', ({ item }) => delete item.status, 2),
    fault: /without a status/,
  },
  {
    name: 'completed with an incomplete item',
    of: 'tooLong',
    events: (events) =>
      events.with(-1, {
        type: 'response.completed',
        response: { ...events.at(-1)!['response'], status: 'completed', incomplete_details: null },
      }),
    fault: /item 0 \(message\) is incomplete/,
  },
  {
    name: 'added with its arguments',
    events: changed('output_item.added', ({ item }) => (item.arguments = '{}'), 3),
    fault: /its arguments in it/,
  },
  {
    name: 'added with its content',
    events: changed('output_item.added', ({ item }) => (item.content = [{}]), 2),
    fault: /its content in it/,
  },
  {
    name: "an item_id that is not the item's",
    events: changed('output_text.delta', (event) => (event['item_id'] = 'msg_2')),
    fault: /item_id is msg_2/,
  },
  {
    name: 'no item_id',
    events: changed('output_text.delta', (event) => delete event['item_id']),
    fault: /item_id is undefined/,
  },
  {
    name: 'a delta of an item that is not there',
    events: changed('output_text.delta', (event) => (event['output_index'] = 9)),
    fault: /No item was added at output index 9/,
  },
  {
    name: 'a step after its item was done',
    events: swapped('web_search_call.completed'),
    fault: /after the item at output index 6/,
  },
  {
    name: 'an unknown event after its item was done',
    events: swapped('dream_code.done'),
    fault: /after the item at output index 7/,
  },
  // Parts.
  { name: 'no content_part.added', events: without('content_part.added'), fault: /No content part was added/ },
  { name: 'no content_part.done', events: without('content_part.done'), fault: /content part 0 is not/ },
  { name: 'content_part.added twice', events: twice('content_part.added', 1), fault: /index 0 where 1/ },
  { name: 'content_part.done twice', events: twice('content_part.done', 1), fault: /part is done a second time/ },
  {
    name: 'a part added with text',
    events: changed('content_part.added', ({ part }) => (part.text = 'G'), 1),
    fault: /added with "G"/,
  },
  {
    name: 'a part of another type at its end',
    events: changed('content_part.done', ({ part }) => (part.type = 'refusal'), 1),
    fault: /done as refusal/,
  },
  {
    name: 'a part without a type',
    events: changed('content_part.added', ({ part }) => delete part.type, 1),
    fault: /part has no type/,
  },
  {
    name: 'a part with another text',
    events: changed('content_part.done', ({ part }) => (part.text = 'Gruezi'), 1),
    fault: /part has "Gruezi"/,
  },
  {
    name: 'a content part left out of the item',
    events: changed('output_item.done', ({ item }) => item.content.pop(), 2),
    fault: /has 1 content parts/,
  },
  {
    name: 'a part changed in the item',
    events: changed('output_item.done', ({ item }) => (item.content[1].refusal = 'Yes.'), 2),
    fault: /content part 1 is not the one/,
  },
  {
    name: 'no summary part added',
    events: without('reasoning_summary_part.added', 1),
    fault: /No summary part was added/,
  },
  { name: 'no summary part done', events: without('reasoning_summary_part.done', 1), fault: /summary part 1 is not/ },
  {
    name: 'a summary part of another type',
    events: changed('reasoning_summary_part.added', ({ part }) => (part.type = 'output_text')),
    fault: /summary cannot/,
  },
  {
    name: 'a summary left out of the item',
    events: changed('output_item.done', ({ item }) => (item.summary = [])),
    fault: /has 0 summary parts/,
  },
  {
    name: 'an annotation with another index',
    events: changed('output_text.annotation.added', (event) => (event['annotation_index'] = 1)),
    fault: /annotation has index 1/,
  },
  {
    name: 'an annotation that was not added',
    events: without('output_text.annotation.added'),
    fault: /1 annotations, not the 0/,
  },
  {
    name: 'an annotation lost',
    events: changed('content_part.done', ({ part }) => (part.annotations = []), 1),
    fault: /0 annotations, not the 1/,
  },
  // Texts.
  { name: 'a delta lost', events: without('output_text.delta'), fault: /done says "Grüezi", the deltas "ezi"/ },
  { name: 'a delta twice', events: twice('output_text.delta'), fault: /the deltas "GrüGrüezi"/ },
  { name: 'deltas in another order', events: swapped('output_text.delta'), fault: /the deltas "eziGrü"/ },
  {
    name: 'a delta that is no text',
    events: changed('output_text.delta', (event) => (event['delta'] = null)),
    fault: /no text/,
  },
  {
    name: 'a delta after its done',
    events: (events) => {
      const delta = typed(events, 'output_text.delta')
      return events.flatMap((event) => (event === typed(events, 'output_text.done') ? [event, delta] : [event]))
    },
    fault: /after the done/,
  },
  {
    name: 'a delta after its part',
    events: (events) => {
      const delta = typed(events, 'output_text.delta')
      return events.flatMap((event) => (event === typed(events, 'content_part.done', 1) ? [event, delta] : [event]))
    },
    fault: /after the content part 0 was done/,
  },
  {
    name: 'a delta of another kind',
    events: changed('refusal.delta', (event) => (event['type'] = 'response.output_text.delta')),
    fault: /part of type output_text, the part is refusal/,
  },
  { name: 'no output_text.done', events: without('output_text.done'), fault: /its text is not/ },
  { name: 'output_text.done twice', events: twice('output_text.done'), fault: /done a second time/ },
  {
    name: 'output_text.done without text',
    events: changed('output_text.done', (event) => delete event['text']),
    fault: /has no text/,
  },
  {
    name: 'a refusal under another name',
    events: changed('refusal.done', (event) => {
      event['text'] = event['refusal']
      delete event['refusal']
    }),
    fault: /has no refusal/,
  },
  {
    name: 'log probabilities lost',
    events: changed('output_text.done', (event) => (event['logprobs'] = [])),
    fault: /log probabilities/,
  },
  {
    name: 'summary text that differs',
    events: changed('reasoning_summary_text.done', (event) => (event['text'] = 'Last.')),
    fault: /done says "Last\."/,
  },
  {
    name: 'no function_call_arguments.done',
    events: without('function_call_arguments.done'),
    fault: /done before response\.function_call_arguments\.done/,
  },
  {
    name: 'no done of empty arguments',
    events: without('function_call_arguments.done', 1),
    fault: /arguments was not streamed/,
  },
  {
    name: 'arguments that differ',
    events: changed('function_call_arguments.done', (event) => (event['arguments'] = '{}')),
    fault: /done says "\{\}"/,
  },
  {
    name: 'arguments that differ in the item',
    events: changed('output_item.done', ({ item }) => (item.arguments = '{}'), 3),
    fault: /item has the arguments "\{\}"/,
  },
  {
    name: 'arguments of another call',
    of: 'mixed',
    events: (events) => {
      const [one, other] = [0, 1].map((nth) => typed(events, 'function_call_arguments.delta', nth))
      ;[one!['delta'], other!['delta']] = [other!['delta'], one!['delta']]
    },
    fault: /the deltas/,
  },
  {
    name: 'arguments of a message',
    events: changed('function_call_arguments.done', (event) => {
      event['output_index'] = 2
      event['item_id'] = 'msg_1'
    }),
    fault: /item of type function_call, the item is message/,
  },
  {
    name: 'no custom_tool_call_input.done',
    events: without('custom_tool_call_input.done'),
    fault: /done before response\.custom_tool_call_input\.done/,
  },
  {
    name: 'an unknown text that differs',
    events: changed('dream_code.done', (event) => (event['code'] = 'y')),
    fault: /done says "y"/,
  },
  { name: 'an unknown text that goes on', events: swapped('dream_code.delta', 1), fault: /after the done/ },
]
