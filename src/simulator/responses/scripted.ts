/** An item of a reply as it comes into being: how it begins, what happens to it, how it ends. */
import type { Piece } from '../pieces.ts'
import type { Item } from './item-schema.ts'

/** One event between the beginning of an item and its end. */
export interface Step {
  kind: Extract<Piece['kind'], 'token' | 'other'>
  type: string
  fields: Record<string, unknown>
  /** The event does not say which item it is about, as some do not. */
  anonymous?: boolean
}

export interface ScriptedItem {
  begun: Item
  item: Item
  /** Made as they are asked for: a reply may be long. */
  steps: () => Iterable<Step>
  /** Whoever asks has to say what came of it before the model can go on. */
  waits?: boolean
}

/** A bit of what the model says. */
export const token = (type: string, fields: Record<string, unknown>): Step => ({ kind: 'token', type, fields })

export const step = (type: string, fields: Record<string, unknown> = {}): Step => ({ kind: 'other', type, fields })
