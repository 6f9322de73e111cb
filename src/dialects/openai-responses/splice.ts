/**
 * A provider's response on its way to a client of the same dialect: its own bytes, with what our wire contract adds put in between. Parsing and
 * printing again would cost more and change number formats. https://platform.openai.com/docs/api-reference/responses/object
 */
import type { Asked, SplicedResponse } from '../../core/dialect.ts'
import { type ExtraFields, extraFieldsJson } from '../../core/extra-fields.ts'
import {
  asciiJson,
  Edits,
  isNull,
  JsonTextError,
  type Member,
  member,
  readArray,
  readObject,
} from '../../core/json-text.ts'
import type { ReplyPricer } from '../../core/pricing.ts'
import { RequestEcho, spliceObject, textAt } from './splice-object.ts'

/** Null where the reply is no finished response: failures, errors in disguise and broken JSON take the long way. */
export function spliceResponse(
  bytes: string,
  extra: ExtraFields,
  price: ReplyPricer | undefined,
  asked: Asked,
): SplicedResponse | null {
  try {
    return splice(bytes, extra, price, asked)
  } catch (error) {
    if (error instanceof JsonTextError || error instanceof SyntaxError) return null
    throw error
  }
}

function splice(
  bytes: string,
  extra: ExtraFields,
  price: ReplyPricer | undefined,
  asked: Asked,
): SplicedResponse | null {
  const texts: string[] = []
  // The output is read while the reply is: a long answer is gone over once.
  const response = readObject(bytes, 0, (key, at) =>
    key === 'output' && bytes[at] === '[' ? readOutput(bytes, at, texts) : undefined,
  )
  const { members, end } = response
  if (!isFinished(bytes, members) || bytes.slice(end).trim() !== '') return null
  const edits = new Edits()
  const echo = new RequestEcho(asked, extra.modelRequested)
  const { upstreamId, usage } = spliceObject(bytes, response, { echo, status: 'completed', price }, edits)
  if (member(members, 'output_text') === undefined) edits.insert(end - 1, `,"output_text":"${texts.join('')}"`)
  spliceExtra(members, end, asciiJson(extraFieldsJson(extra)), edits)
  return { text: edits.apply(bytes), upstreamId, readUsage: () => usage }
}

/** Puts our `extra_fields` at the end of an object, or in the place of those that another gateway has put there. */
function spliceExtra(members: readonly Member[], end: number, text: string, edits: Edits): void {
  const told = member(members, 'extra_fields')
  if (told === undefined) edits.insert(end - 1, `,"extra_fields":${text}`)
  else edits.replace(told, text)
}

function isFinished(bytes: string, members: readonly Member[]): boolean {
  const output = member(members, 'output')
  const object = textAt(bytes, member(members, 'object')) ?? 'response'
  const status = textAt(bytes, member(members, 'status')) ?? 'completed'
  return (
    output !== undefined &&
    bytes[output.at] === '[' &&
    object === 'response' &&
    (status === 'completed' || status === 'incomplete') &&
    isNull(bytes, member(members, 'error'))
  )
}

/** Gathers what the messages of an output say, as it stands between the quotes; gives where the output ends. */
function readOutput(bytes: string, at: number, texts: string[]): number {
  return readArray(bytes, at, (_, itemAt) => {
    if (bytes[itemAt] !== '{') return undefined
    const said: string[] = []
    const item = readObject(bytes, itemAt, (key, valueAt) =>
      key === 'content' && bytes[valueAt] === '[' ? readContent(bytes, valueAt, said) : undefined,
    )
    if (textAt(bytes, member(item.members, 'type')) === 'message') texts.push(...said)
    return item.end
  }).end
}

function readContent(bytes: string, at: number, said: string[]): number {
  return readArray(bytes, at, (_, partAt) => {
    if (bytes[partAt] !== '{') return undefined
    const { members, end } = readObject(bytes, partAt)
    const text = member(members, 'text')
    const isText = textAt(bytes, member(members, 'type')) === 'output_text'
    if (isText && text !== undefined && bytes[text.at] === '"') said.push(bytes.slice(text.at + 1, text.end - 1))
    return end
  }).end
}
