/** Messages with marks and fields that one provider does not know: left out and named, or put the way it wants them. */
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { elements, type Member, member, members, type Span } from '../../core/json-text.ts'
import type { Adapting } from './adapt.ts'
import { layoutType } from './layout.ts'
import type { Quirks } from './quirks.ts'

const reasoningNames = ['reasoning', 'reasoning_content', 'reasoning_details']
const markNames = ['cache_control', 'citations', 'cachePoint', 'prompt_cache_breakpoint']

/** Finds out at a glance whether a request has anything in its messages that this provider needs changed. */
export function mentionsOf(quirks: Quirks): RegExp {
  const names = [
    'is_error',
    'file_citations',
    'index',
    'document',
    ...reasoningNames,
    ...(quirks.dropFromMessages ?? []),
    ...(quirks.refuseParts ?? []),
  ]
  if (quirks.cacheControl !== true) names.push(...markNames)
  if (quirks.imagesBack !== true) names.push('images')
  if (quirks.developerRole === 'system') names.push('developer')
  return new RegExp(`"(?:${names.join('|')})"`)
}

export function adaptMessages(adapting: Adapting): void {
  const { body, text } = adapting
  const messages = adapting.member('messages')!
  for (const [index, span] of elements(text, messages.at).entries()) {
    const message = (body['messages'] as JsonObject[])[index]!
    const list = members(text, span.at)
    const path = `messages[${index}]`
    const unwanted = unwantedFields(adapting, message, list, path)
    if (unwanted.size > 0) adapting.edits.remove(list, (found) => unwanted.has(found.key))
    if (message['role'] === 'developer' && adapting.quirks.developerRole === 'system') {
      adapting.edits.replace(member(list, 'role')!, '"system"')
    }
    const content = member(list, 'content')
    if (Array.isArray(message['content']) && !unwanted.has('content'))
      adaptParts(adapting, message['content'], content!, path)
    const calls = member(list, 'tool_calls')
    if (Array.isArray(message['tool_calls']) && !unwanted.has('tool_calls')) adaptCalls(adapting, calls!)
  }
}

function unwantedFields(adapting: Adapting, message: JsonObject, list: readonly Member[], path: string): Set<string> {
  const { quirks, dropped } = adapting
  const unwanted = new Set<string>()
  const names = [
    ...(quirks.dropFromMessages ?? []),
    'is_error',
    'file_citations',
    ...(quirks.cacheControl === true ? [] : markNames),
  ]
  if (quirks.imagesBack !== true && message['role'] === 'assistant') names.push('images')
  for (const name of names) if (message[name] !== undefined) unwanted.add(name)
  // A null says nothing, and SDKs send back every field of a reply.
  for (const name of unwanted) if (message[name] !== null) dropped.push(`${path}.${name}`)
  if (message['role'] === 'assistant')
    for (const name of unwantedReasoning(adapting, message, list, path)) unwanted.add(name)
  return unwanted
}

/** Which of the names of reasoning go; the text itself stays under the name the provider knows, if it knows any. */
function unwantedReasoning(adapting: Adapting, message: JsonObject, list: readonly Member[], path: string): string[] {
  const present = reasoningNames.filter((name) => message[name] !== undefined)
  const wanted = adapting.quirks.reasoningBack ?? 'none'
  if (present.length === 0) return []
  if (wanted === 'reasoning_details') {
    takeLayoutOut(adapting, message, list, path)
    return []
  }
  if (wanted === 'none') {
    for (const name of present) if (message[name] !== null) adapting.dropped.push(`${path}.${name}`)
    return present
  }
  const details = message['reasoning_details']
  if (
    Array.isArray(details) &&
    details.some((detail) => isJsonObject(detail) && (detail['signature'] ?? detail['data']))
  ) {
    adapting.dropped.push(`${path}.reasoning_details`)
  }
  if (typeof message[wanted] !== 'string') {
    const text = reasoningText(message)
    if (text !== undefined) adapting.edits.insert(list[0]!.keyAt, `${JSON.stringify(wanted)}:${JSON.stringify(text)},`)
  }
  return present.filter((name) => name !== wanted || typeof message[wanted] !== 'string')
}

/** How a turn of another wire lay is this house's own note, and nothing to a provider. */
function takeLayoutOut(adapting: Adapting, message: JsonObject, list: readonly Member[], path: string): void {
  const details = message['reasoning_details']
  if (!Array.isArray(details)) return
  const kept = details.filter((detail) => !isJsonObject(detail) || detail['type'] !== layoutType)
  if (kept.length === details.length) return
  adapting.edits.replace(member(list, 'reasoning_details')!, JSON.stringify(kept))
  adapting.dropped.push(`${path}.reasoning_details`)
}

function reasoningText(message: JsonObject): string | undefined {
  for (const name of ['reasoning', 'reasoning_content']) if (typeof message[name] === 'string') return message[name]
  const details = message['reasoning_details']
  if (!Array.isArray(details)) return undefined
  const texts = details.map((detail) => (isJsonObject(detail) ? (detail['text'] ?? detail['summary']) : undefined))
  return texts.filter((text) => typeof text === 'string').join('') || undefined
}

function adaptParts(adapting: Adapting, parts: readonly unknown[], content: Span, path: string): void {
  const { text, quirks, edits, dropped } = adapting
  for (const [index, span] of elements(text, content.at).entries()) {
    const part = parts[index]
    if (!isJsonObject(part)) continue
    const here = `${path}.content[${index}]`
    if (quirks.refuseParts?.includes(String(part['type']))) throw refusedPart(String(part['type']), here)
    if (part['type'] === 'document') {
      edits.replace(span, JSON.stringify(fileOfDocument(part, here, quirks, dropped)))
      continue
    }
    const marks = quirks.cacheControl === true ? [] : markNames.filter((name) => part[name] !== undefined)
    if (marks.length === 0) continue
    edits.remove(members(text, span.at), (found) => marks.includes(found.key))
    for (const name of marks) dropped.push(`${here}.${name}`)
  }
}

function refusedPart(type: string, param: string): GatewayError {
  const message = `${param} is of type ${type}, which this provider does not take. Leave it out or choose another provider.`
  return new GatewayError('invalid-request', message, { param, code: 'unsupported_content', remedy: 'fallback' })
}

/** Anthropic's way to send a document, as the `file` part it means. */
function fileOfDocument(part: JsonObject, path: string, quirks: Quirks, dropped: string[]): JsonObject {
  const source = isJsonObject(part['source']) ? part['source'] : {}
  const mediaType = String(source['media_type'] ?? 'application/pdf')
  const data = String(source['data'] ?? '')
  const filename = typeof part['title'] === 'string' ? { filename: part['title'] } : {}
  for (const name of ['citations', 'context']) if (part[name] !== undefined) dropped.push(`${path}.${name}`)
  if (part['cache_control'] !== undefined && quirks.cacheControl !== true) dropped.push(`${path}.cache_control`)
  const marks =
    quirks.cacheControl === true && part['cache_control'] !== undefined ? { cache_control: part['cache_control'] } : {}
  switch (source['type']) {
    case 'url':
      return { type: 'file', file: { file_url: source['url'], ...filename }, ...marks }
    case 'file':
      return { type: 'file', file: { file_id: source['file_id'], ...filename }, ...marks }
    case 'text':
      return { type: 'text', text: data, ...marks }
    default:
      return {
        type: 'file',
        file: { file_data: `data:${mediaType};base64,${data}`, filename: 'document.pdf', ...filename },
        ...marks,
      }
  }
}

/** Replies of ours number tool calls; a client that sends them back means nothing by it, and OpenAI refuses what it does not know. */
function adaptCalls(adapting: Adapting, calls: Span): void {
  for (const span of elements(adapting.text, calls.at)) {
    adapting.edits.remove(members(adapting.text, span.at), (found) => found.key === 'index')
  }
}
