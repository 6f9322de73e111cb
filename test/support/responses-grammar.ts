/** Holds a recorded stream of the Responses API against its grammar: the order of events, and that what they tell agrees. https://platform.openai.com/docs/api-reference/responses-streaming */
import { type GrammarFault, type Loose, readEvents } from './responses-grammar/frames.ts'
import { type Items, insideFaults, itemAddedFaults, itemDoneFaults } from './responses-grammar/items.ts'
import { endFaults, isLifecycle, isTerminal, type Lifecycle, lifecycleFaults } from './responses-grammar/lifecycle.ts'

export type { GrammarFault } from './responses-grammar/frames.ts'

export interface GrammarOptions {
  /** The sequence number of the first event; above 0 for a stream that was resumed. Default 0. */
  readonly from?: number
  /** Whose stream it is: a gateway's has `extra_fields` on every event. Default `gateway`. */
  readonly source?: 'gateway' | 'provider'
}

/** All that is wrong, in the order of the events; empty for a stream as it should be. `text` is what came over the wire. */
export function grammarFaults(text: string, { from = 0, source = 'gateway' }: GrammarOptions = {}): GrammarFault[] {
  const { events, count, faults: unread } = readEvents(text)
  const state: State = {
    lifecycle: { seen: [], first: undefined, terminal: undefined },
    items: new Map(),
    resumed: from > 0,
    provider: source === 'provider',
  }
  const faults = [...unread]
  for (const { number, event } of events) {
    const found = [...memberFaults(event, from + number, state), ...eventFaults(event, state)]
    faults.push(...found.map((message) => ({ event: number, message: `${event['type']}: ${message}` })))
  }
  if (state.lifecycle.terminal === undefined)
    faults.push({ event: count, message: 'The stream has no terminal event.' })
  return faults.toSorted((one, other) => one.event - other.event)
}

/** The types of a stream's events, with deltas that follow each other as one: how translated streams are compared. */
export function foldedTypes(text: string): string[] {
  return folded(eventsOf(text).map((event) => String(event['type'])))
}

export function folded(types: readonly string[]): string[] {
  return types.filter((type, index) => !(type.endsWith('.delta') && types[index - 1] === type))
}

/** The stream's events as they can be read. */
export function eventsOf(text: string): Loose[] {
  return readEvents(text).events.map(({ event }) => event)
}

interface State {
  readonly lifecycle: Lifecycle
  readonly items: Items
  readonly resumed: boolean
  readonly provider: boolean
}

/** What every event has. */
function memberFaults(event: Loose, due: number, { provider }: State): string[] {
  const { type, sequence_number: number, extra_fields: extra, response } = event
  const faults: string[] = []
  if (number !== due) faults.push(`The sequence_number is ${number} where ${due} is due.`)
  if (provider) return faults
  if (typeof extra !== 'object' || extra === null) faults.push('There are no extra_fields.')
  else if (extra.chunk_index !== undefined && extra.chunk_index !== number)
    faults.push(`The chunk_index is ${extra.chunk_index}, the sequence_number ${number}.`)
  if (isTerminal(String(type)) && typeof response?.extra_fields !== 'object')
    faults.push('The response has no extra_fields.')
  return faults
}

function eventFaults(event: Loose, { lifecycle, items, resumed, provider }: State): string[] {
  const type = String(event['type'])
  // A provider may tell of the error first and then of the response that failed by it.
  const afterEnd = lifecycle.terminal !== undefined && !(provider && lifecycle.terminal === 'error')
  const faults = afterEnd ? [`It comes after ${lifecycle.terminal}.`] : []
  if (type === 'error') return [...faults, ...errorFaults(event, lifecycle, resumed, provider)]
  if (isLifecycle(type)) {
    faults.push(...lifecycleFaults(lifecycle, event, items, resumed))
    return isTerminal(type) ? [...faults, ...endFaults(event, items, resumed, provider)] : faults
  }
  const isItem = type === 'response.output_item.added' || type === 'response.output_item.done'
  if (!isItem && !('output_index' in event) && !('item_id' in event)) return faults
  if (!resumed && !lifecycle.seen.includes('response.in_progress')) faults.push('It comes before response.in_progress.')
  if (type === 'response.output_item.added') return [...faults, ...itemAddedFaults(items, event, resumed)]
  if (type === 'response.output_item.done') return [...faults, ...itemDoneFaults(items, event, resumed)]
  return [...faults, ...insideFaults(items, event, resumed)]
}

function errorFaults(event: Loose, lifecycle: Lifecycle, resumed: boolean, provider: boolean): string[] {
  const faults: string[] = []
  if (!provider && (resumed || lifecycle.seen.length > 0))
    faults.push('The response has been told of, so that it fails with response.failed.')
  const { message } = provider && typeof event['error'] === 'object' ? event['error'] : event
  if (typeof message !== 'string' || message === '') faults.push('There is no message in it.')
  lifecycle.terminal = 'error'
  return faults
}
