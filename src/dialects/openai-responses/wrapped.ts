/**
 * What other providers' thoughts carry that this wire has no member for (signatures, sealed thoughts), inside `encrypted_content`, which clients
 * send back unread. A wrapped value is `asbru:1:` and base64url of a JSON object. No provider may ever see one: it is taken apart where a
 * request comes back. https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items
 */
import type { ReasoningBlock } from '../../core/chat.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { asciiJson } from '../../core/json-text.ts'
import { readJson } from '../../core/parse-json.ts'
import { defined, tableOf, textOf } from '../../core/wire.ts'

const prefix = 'asbru:1:'

/** Whose opaque thoughts OpenAI's are. */
export const reasoningFormat = 'openai-responses-v1'

export function isWrapped(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(prefix)
}

/** Everything of a thought but its text, as `encrypted_content`. */
export function wrapReasoning({ kind, id, format, signature, data }: Omit<ReasoningBlock, 'type' | 'text'>): string {
  const value = asciiJson(defined({ kind, id, format, signature, data }))
  return prefix + btoa(value).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const kinds = tableOf<ReasoningBlock['kind']>({ text: 'text', summary: 'summary', encrypted: 'encrypted' })

/** What was wrapped; undefined where somebody has changed it. */
export function unwrapReasoning(wrapped: string): ReasoningBlock | undefined {
  const value = unwrap(wrapped)
  const kind = kinds[textOf(value?.['kind']) ?? '']
  if (value === undefined || kind === undefined) return undefined
  return defined({
    type: 'reasoning' as const,
    kind,
    id: textOf(value['id']),
    format: textOf(value['format']),
    signature: textOf(value['signature']),
    data: textOf(value['data']),
  })
}

function unwrap(wrapped: string): JsonObject | undefined {
  try {
    const value: unknown = readJson(atob(wrapped.slice(prefix.length).replaceAll('-', '+').replaceAll('_', '/')))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
