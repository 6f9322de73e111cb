/** What a client may send about a conversation: its items and its metadata. https://platform.openai.com/docs/api-reference/conversations */
import { z } from 'zod'
import { invalidRequest } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { listOf, objectOf } from '../../core/wire.ts'
import { object, optional, Shape, text } from './schema-checks.ts'
import { checkItems } from './schema-items.ts'

/** Items that one request may bring. */
const mostItems = 20
const mostPairs = 16
/** Characters. */
const longestName = 64
const longestValue = 512

const metadata = optional(z.record(text, text.max(longestValue)))
const items = z.array(object).max(mostItems)

const newConversation = new Shape(z.looseObject({ items: optional(items), metadata }))
const newMetadata = new Shape(z.looseObject({ metadata }))
const newItems = new Shape(z.looseObject({ items: items.min(1) }))

/** Throws `invalid-request`. */
export function checkNewConversation(body: JsonObject): void {
  check(newConversation, body)
  checkNames(body)
  checkItems(listOf(body['items']) ?? [], body, 'items')
}

/** Throws `invalid-request`, also where there is nothing to change. */
export function checkNewMetadata(body: JsonObject): void {
  check(newMetadata, body)
  if (body['metadata'] === undefined)
    throw invalidRequest("Missing required parameter: 'metadata'.", 'metadata', 'missing_required_parameter')
  checkNames(body)
}

/** Throws `invalid-request`. */
export function checkNewItems(body: JsonObject): void {
  check(newItems, body)
  checkItems(listOf(body['items']) ?? [], body, 'items')
}

function check(shape: Shape, body: JsonObject): void {
  if (!shape.fits(body)) throw shape.fault(body, [], body)
}

function checkNames(body: JsonObject): void {
  const names = Object.keys(objectOf(body['metadata']) ?? {})
  if (names.length > mostPairs)
    throw invalidRequest(
      `Invalid 'metadata': too many properties. Expected an object with at most ${mostPairs} properties, but got one with ${names.length} instead.`,
      'metadata',
      'object_above_max_properties',
    )
  const long = names.find((name) => name.length > longestName)
  if (long === undefined) return
  throw invalidRequest(
    `Invalid 'metadata': a name has ${long.length} characters. Expected names of at most ${longestName}.`,
    'metadata',
    'string_above_max_length',
  )
}
