/** The rules for the whole of a stream: its beginning, its one end, and the response that the end tells of. */
import { isDeepStrictEqual } from 'node:util'
import type { Loose } from './frames.ts'
import type { Item, Items } from './items.ts'
import { partMember } from './parts.ts'
import { textKinds } from './texts.ts'

export interface Lifecycle {
  /** Types of the events that tell of the whole response, in the order they came. */
  readonly seen: string[]
  /** The response as it was first told of. */
  first: Loose | undefined
  terminal: string | undefined
}

/** By the type of the event that tells of it. */
const statuses: Readonly<Record<string, readonly string[]>> = {
  'response.created': ['in_progress', 'queued'],
  'response.queued': ['queued'],
  'response.in_progress': ['in_progress'],
  'response.completed': ['completed'],
  'response.incomplete': ['incomplete'],
  'response.failed': ['failed'],
  'response.cancelled': ['cancelled'],
}

export const isLifecycle = (type: string): boolean => type in statuses
export const isTerminal = (type: string): boolean =>
  ['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled'].includes(type)

export function lifecycleFaults(state: Lifecycle, event: Loose, items: Items, resumed: boolean): string[] {
  const type = String(event['type'])
  const { response } = event
  const order = orderFaults(state, type, items, resumed)
  state.seen.push(type)
  if (isTerminal(type)) state.terminal = type
  if (typeof response !== 'object' || response === null) return [...order, 'There is no response in it.']
  const faults = [...order, ...sameResponseFaults(state, response)]
  state.first ??= response
  if (response.object !== 'response') faults.push(`The object of the response is ${response.object}.`)
  if (!statuses[type]!.includes(response.status)) faults.push(`The status of the response is ${response.status}.`)
  if (!Array.isArray(response.output)) faults.push('The response has no output.')
  else if (!isTerminal(type) && response.output.length > 0) faults.push('The response has output before there was any.')
  return faults
}

function orderFaults({ seen }: Lifecycle, type: string, items: Items, resumed: boolean): string[] {
  const faults: string[] = []
  if (seen.includes(type)) faults.push(`${type} comes a second time.`)
  if (type === 'response.created' && seen.length > 0) faults.push('response.created is not the first event.')
  if (type === 'response.queued' && seen.includes('response.in_progress'))
    faults.push('The response is queued after it was in progress.')
  if (!isTerminal(type) && items.size > 0) faults.push(`${type} comes after the first item.`)
  if (resumed || type === 'response.created') return faults
  if (!seen.includes('response.created')) faults.push('The first event is not response.created.')
  // A response may fail or be cancelled while it waits.
  const running = type === 'response.completed' || type === 'response.incomplete'
  if (running && !seen.includes('response.in_progress')) faults.push('There was no response.in_progress.')
  return faults
}

function sameResponseFaults({ first }: Lifecycle, response: Loose): string[] {
  if (typeof response['id'] !== 'string' || response['id'] === '') return ['The response has no id.']
  if (first === undefined) return []
  return ['id', 'created_at', 'model', 'previous_response_id']
    .filter((member) => !isDeepStrictEqual(first[member], response[member]))
    .map((member) => `The ${member} of the response was ${first[member]} and is ${response[member]}.`)
}

/** The response at the end, held against its kind of end and the items that were streamed. */
export function endFaults(event: Loose, items: Items, resumed: boolean, provider: boolean): string[] {
  const type = String(event['type'])
  const { response } = event
  if (typeof response !== 'object' || response === null) return []
  const broken = type === 'response.failed' || type === 'response.cancelled'
  return [
    ...reasonFaults(type, response),
    ...usageFaults(response.usage),
    ...(broken ? [] : openFaults(items)),
    ...(broken && provider ? [] : outputFaults(response, items, resumed)),
    ...(type === 'response.completed' ? unfinishedFaults(response) : []),
  ]
}

function reasonFaults(type: string, { error, incomplete_details: details }: Loose): string[] {
  const faults: string[] = []
  if (type === 'response.failed') {
    if (typeof error?.code !== 'string' || error.code === '') faults.push('The error of the response has no code.')
    if (typeof error?.message !== 'string' || error.message === '')
      faults.push('The error of the response has no message.')
  } else if (error !== null && error !== undefined) faults.push('The response has an error and did not fail.')
  if (type === 'response.incomplete') {
    if (typeof details?.reason !== 'string') faults.push('The response does not say why it is incomplete.')
  } else if (details !== null && details !== undefined)
    faults.push('The response says why it is incomplete, and is not.')
  return faults
}

function usageFaults(usage: Loose | null | undefined): string[] {
  if (usage === null || usage === undefined) return []
  const { input_tokens: input, output_tokens: output, total_tokens: total } = usage
  const cached = usage['input_tokens_details']?.cached_tokens ?? 0
  const reasoning = usage['output_tokens_details']?.reasoning_tokens ?? 0
  const faults: string[] = []
  if (input + output !== total) faults.push(`The usage does not add up: ${input} + ${output} is not ${total}.`)
  if (cached > input) faults.push(`More tokens were cached (${cached}) than read (${input}).`)
  if (reasoning > output) faults.push(`More tokens were thought (${reasoning}) than written (${output}).`)
  return faults
}

function openFaults(items: Items): string[] {
  return [...items]
    .filter(([, { done }]) => done === undefined)
    .map(([index, { type }]) => `The ${type} at output index ${index} was not done.`)
}

function outputFaults({ output }: Loose, items: Items, resumed: boolean): string[] {
  if (!Array.isArray(output)) return []
  const highest = Math.max(-1, ...items.keys())
  if (resumed ? output.length <= highest : output.length !== items.size)
    return [`The response has ${output.length} items, streamed were ${resumed ? highest + 1 : items.size}.`]
  return [...items].flatMap(([index, item]) => itemFaults(index, item, output[index]))
}

function itemFaults(index: number, item: Item, said: Loose | undefined): string[] {
  if (item.done !== undefined)
    return isDeepStrictEqual(item.done, said) ? [] : [`The item ${index} of the response is not the one that was done.`]
  return item.partial ? [] : brokenOffFaults(index, item, said)
}

/** Of an item that was open when it failed, the response has what came of it. */
function brokenOffFaults(index: number, { id, type, parts, texts }: Item, said: Loose | undefined): string[] {
  const faults: string[] = []
  if (said?.['id'] !== id || said?.['type'] !== type)
    return [`The item ${index} of the response is not the one that was added.`]
  // Searches and images know no other word for it.
  if (said['status'] !== undefined && said['status'] !== 'incomplete' && said['status'] !== 'failed')
    faults.push(`The item ${index} was not done, and the response says it is ${said['status']}.`)
  const came = [parts.content, parts.summary].map((list) => list.map(({ text }) => text.joined))
  const told = [said['content'], said['summary']].map((list) => (Array.isArray(list) ? list.map(textOf) : []))
  const calls = [...texts].every(([key, { joined }]) => {
    const member = textKinds[key.slice(0, -1)]?.member
    return member === undefined || said[member] === joined
  })
  if (!calls || !isDeepStrictEqual(came.map(filled), told.map(filled)))
    faults.push(`The item ${index} of the response is not what came of it.`)
  return faults
}

const textOf = (part: Loose): string => part[partMember(part['type'])]
/** A part that is still empty may be told of or not. */
const filled = (list: readonly string[]): string[] => list.filter((text) => text !== '')

function unfinishedFaults({ output }: Loose): string[] {
  if (!Array.isArray(output)) return []
  return output.flatMap(({ type, status }: Loose, index) =>
    status === 'incomplete' || status === 'in_progress'
      ? [`The response is completed, and its item ${index} (${type}) is ${status}.`]
      : [],
  )
}
