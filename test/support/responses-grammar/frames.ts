/** A stream's text as its events, strictly: what is no `event:` line and one line of JSON behind `data:` is a fault. https://html.spec.whatwg.org/multipage/server-sent-events.html */

// biome-ignore lint/suspicious/noExplicitAny: events are looked into without a schema, that is what finds their faults
export type Loose = Record<string, any>

/** One thing that is wrong. */
export interface GrammarFault {
  /** Which event it is, counted from 0; the number of events where it is the end of the stream. */
  readonly event: number
  readonly message: string
}

export interface ReadEvents {
  /** What could be read as an event; `number` counts the frames, those that could not be read as well. */
  readonly events: readonly { readonly number: number; readonly event: Loose }[]
  /** How many frames there were that are no comments. */
  readonly count: number
  readonly faults: readonly GrammarFault[]
}

export function readEvents(text: string): ReadEvents {
  const events: { number: number; event: Loose }[] = []
  const faults: GrammarFault[] = []
  let count = 0
  for (const { lines, ended } of blocksOf(text)) {
    const said = lines.filter((line) => !line.startsWith(':'))
    if (said.length === 0) continue
    const number = count++
    const read = eventOf(said)
    if (!ended) faults.push({ event: number, message: 'The event is not ended by an empty line.' })
    if ('event' in read) events.push({ number, event: read.event })
    faults.push(...read.faults.map((message) => ({ event: number, message })))
  }
  return { events, count, faults }
}

function blocksOf(text: string): { lines: string[]; ended: boolean }[] {
  const blocks = text.replace(/^\uFEFF/, '').split(/\r?\n\r?\n/)
  const last = blocks.pop()!
  return [
    ...blocks.map((block) => ({ lines: block.split(/\r?\n/).filter((line) => line !== ''), ended: true })),
    { lines: last.split(/\r?\n/).filter((line) => line !== ''), ended: false },
  ]
}

function eventOf(lines: readonly string[]): { faults: string[] } | { event: Loose; faults: string[] } {
  const names = fieldOf(lines, 'event')
  const data = fieldOf(lines, 'data')
  if (data.includes('[DONE]'))
    return { faults: ['[DONE] is for chat completions; this stream ends with its terminal event.'] }
  if (data.length !== 1) return { faults: [`There are ${data.length} data lines where one is due.`] }
  const event = parsed(data[0]!)
  if (event === undefined) return { faults: [`The data is no JSON object: ${data[0]!.slice(0, 80)}`] }
  return { event, faults: nameFaults(names, event) }
}

function nameFaults(names: readonly string[], event: Loose): string[] {
  if (typeof event['type'] !== 'string') return ['The event has no type.']
  if (names.length === 0) return [`There is no event line; it should say ${event['type']}.`]
  if (names.length > 1) return ['There are several event lines.']
  return names[0] === event['type'] ? [] : [`The event line says ${names[0]}, the type ${event['type']}.`]
}

function fieldOf(lines: readonly string[], name: string): string[] {
  return lines
    .filter((line) => line.startsWith(`${name}:`))
    .map((line) => line.slice(name.length + 1).replace(/^ /, ''))
}

function parsed(text: string): Loose | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
