/**
 * What other providers' replies carry that this wire has no member for, in members that clients of it send back unread: signatures and sealed
 * thoughts (`signature`, `data`), and the index of a citation (`encrypted_index`). A wrapped value is `asbru:1:` and base64url of a JSON object.
 * No provider may ever see one: it is taken apart, or taken out, where a request comes back.
 */
import type { Annotation, Extra, ReasoningBlock } from '../../core/chat.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { asciiJson } from '../../core/json-text.ts'
import { readJson } from '../../core/parse-json.ts'
import { defined, numberOf, objectOf, textOf } from '../../core/wire.ts'

const prefix = 'asbru:1:'

export function isWrapped(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(prefix)
}

function wrap(value: JsonObject): string {
  return prefix + btoa(asciiJson(value)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Undefined where somebody has changed it. */
function unwrap(wrapped: string): JsonObject | undefined {
  try {
    const value: unknown = readJson(atob(wrapped.slice(prefix.length).replaceAll('-', '+').replaceAll('_', '/')))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const kinds: readonly string[] = ['text', 'summary', 'encrypted'] satisfies ReasoningBlock['kind'][]

/** Everything of a thought but its text. */
export function wrapReasoning({ kind, id, format, signature, data }: Omit<ReasoningBlock, 'type' | 'text'>): string {
  return wrap(defined({ kind, id, format, signature, data }))
}

/** The thought that was wrapped, with its text beside it; of one that cannot be read the text is left. */
export function unwrapReasoning(wrapped: string, text: string | undefined): ReasoningBlock {
  const value = unwrap(wrapped) ?? {}
  const kind = textOf(value['kind'])
  return defined({
    type: 'reasoning' as const,
    kind: kind !== undefined && kinds.includes(kind) ? (kind as ReasoningBlock['kind']) : ('text' as const),
    text: text === '' ? undefined : text,
    id: textOf(value['id']),
    format: textOf(value['format']),
    signature: textOf(value['signature']),
    data: textOf(value['data']),
  })
}

type UrlCitation = Extract<Annotation, { type: 'url-citation' }>

/** Where in its text a citation belongs, as this wire cites for a whole text block, and what its provider wants back. */
export function wrapCitation({ startIndex, endIndex, text, extra }: UrlCitation): string {
  return wrap(defined({ start: startIndex, end: endIndex, text, extra }))
}

export function unwrapCitation(wrapped: string): Pick<UrlCitation, 'startIndex' | 'endIndex' | 'text' | 'extra'> {
  const { start, end, text, extra } = unwrap(wrapped) ?? {}
  return defined({
    startIndex: numberOf(start),
    endIndex: numberOf(end),
    text: textOf(text),
    extra: objectOf(extra) as Extra | undefined,
  })
}
