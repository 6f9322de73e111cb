/** An event that tells of the whole response, with the response in it spliced. https://platform.openai.com/docs/api-reference/responses-streaming */
import { Edits, type Member, member, members, readObject, elements } from '../../core/json-text.ts'
import type { StreamedItems } from './splice-items.ts'
import { type ObjectSplicing, type SplicedObject, spliceObject } from './splice-object.ts'

export interface WholeSplicing extends ObjectSplicing {
  /** `extra_fields` of the response, as JSON. */
  readonly extra: string
  /** What has come of the output so far. */
  readonly items: StreamedItems
}

export interface SplicedWhole extends SplicedObject {
  /** The event. */
  readonly text: string
  /** The response, as it stands in the event. */
  readonly whole: string
}

/** `data` is the event, whose response is an object. */
export function spliceWhole(data: string, splicing: WholeSplicing): SplicedWhole {
  const place = member(members(data), 'response')!
  const before = data.slice(place.at, place.end)
  const response = readObject(before)
  const edits = new Edits()
  const replaced = { ...outputOf(before, response.members, splicing), ...splicing.replaced }
  const spliced = spliceObject(before, response, { ...splicing, replaced }, edits)
  const told = member(response.members, 'extra_fields')
  if (told === undefined) edits.insert(response.end - 1, `,"extra_fields":${splicing.extra}`)
  else edits.replace(told, splicing.extra)
  const whole = edits.apply(before)
  return { ...spliced, whole, text: data.slice(0, place.at) + whole + data.slice(place.end) }
}

/** Some end a response without saying again what came of it. */
function outputOf(
  bytes: string,
  list: readonly Member[],
  { status, items }: WholeSplicing,
): Readonly<Record<string, string>> {
  if (status === 'in_progress' || status === 'queued' || items.isEmpty) return {}
  const output = member(list, 'output')
  const isThere = output !== undefined && bytes[output.at] === '[' && elements(bytes, output.at).length > 0
  return isThere ? {} : { output: items.output() }
}
