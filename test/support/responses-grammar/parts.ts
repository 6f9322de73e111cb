/** The rules for the parts of an item: the content of messages and reasoning, and the summaries of reasoning. */
import { isDeepStrictEqual } from 'node:util'
import type { Loose } from './frames.ts'
import { brief, newText, type Text } from './texts.ts'

/** A part that has been added. */
export interface Part {
  readonly type: string
  readonly text: Text
  readonly annotations: unknown[]
  /** As its done has it, once it has come. */
  done: Loose | undefined
}

export type PartPlace = 'content' | 'summary'

/** The member of a part that holds its text. */
export const partMember = (type: string): string => (type === 'refusal' ? 'refusal' : 'text')

export function newPart(type: string, partial: boolean): Part {
  return { type, text: newText(partial), annotations: [], done: undefined }
}

export const partIndex = (place: PartPlace, event: Loose): unknown =>
  event[place === 'content' ? 'content_index' : 'summary_index']

/** Adds the part of an `.added` event. */
export function partAddedFaults(parts: Part[], place: PartPlace, event: Loose, partial: boolean): string[] {
  const index = partIndex(place, event)
  const part = event['part']
  if (typeof part?.type !== 'string') return ['The part has no type.']
  const faults: string[] = []
  // What came before in an item that is known in part is not known to have been there.
  if (partial && typeof index === 'number') while (parts.length < index) parts.push(closedBefore(part.type))
  if (index !== parts.length) faults.push(`The part has index ${index} where ${parts.length} is due.`)
  if (place === 'summary' && part.type !== 'summary_text')
    faults.push(`A summary cannot have a part of type ${part.type}.`)
  const text = part[partMember(part.type)]
  if (text !== undefined && text !== '') faults.push(`The part is added with ${brief(String(text))} in it.`)
  parts.push(newPart(part.type, false))
  return faults
}

function closedBefore(type: string): Part {
  return { ...newPart(type, true), done: {} }
}

/** Ends the part of a `.done` event. */
export function partDoneFaults(part: Part, { part: said }: Loose): string[] {
  if (part.done !== undefined) return ['The part is done a second time.']
  part.done = said ?? {}
  if (typeof said?.type !== 'string') return ['The part has no type.']
  if (said.type !== part.type) return [`The part is done as ${said.type} and was added as ${part.type}.`]
  const { text, annotations } = part
  const faults: string[] = []
  if (isText(part.type) && text.whole === undefined && !text.partial)
    faults.push('The part is done and its text is not.')
  const whole = said[partMember(part.type)]
  if (text.whole !== undefined && whole !== text.whole)
    faults.push(`The part has ${brief(String(whole))}, its text was ${brief(text.whole)}.`)
  if (said.type === 'output_text' && !text.partial && !isDeepStrictEqual(said.annotations ?? [], annotations))
    faults.push(
      `The part has ${said.annotations?.length ?? 0} annotations, not the ${annotations.length} that were added.`,
    )
  return faults
}

const isText = (type: string): boolean => ['output_text', 'refusal', 'reasoning_text', 'summary_text'].includes(type)

/** Annotations have no end of their own: they are added whole. */
export function annotationFaults(part: Part, { annotation, annotation_index: index }: Loose): string[] {
  const due = part.annotations.length
  part.annotations.push(annotation)
  return part.text.partial || index === due ? [] : [`The annotation has index ${index} where ${due} is due.`]
}

/** Holds the parts that were streamed against those the finished item has. */
export function wholePartsFaults(parts: readonly Part[], said: unknown, place: PartPlace): string[] {
  const open = parts.findIndex(({ done }) => done === undefined)
  if (open !== -1) return [`The item is done and its ${place} part ${open} is not.`]
  const list = Array.isArray(said) ? said : []
  // Whole in the item, and not streamed at all: that is how providers send what nobody asked to be shown.
  if (place === 'content' && parts.length === 0 && list[0]?.type === 'reasoning_text') return []
  if (list.length !== parts.length)
    return [`The item has ${list.length} ${place} parts, ${parts.length} were streamed.`]
  return parts.flatMap(({ done, text }, index) =>
    isDeepStrictEqual(done, list[index]) || (text.partial && isDeepStrictEqual(done, {}))
      ? []
      : [`The item's ${place} part ${index} is not the one that was streamed.`],
  )
}
