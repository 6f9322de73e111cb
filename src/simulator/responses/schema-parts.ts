/** Parts that several schemas of the Responses API are made of. https://platform.openai.com/docs/api-reference/responses/create */
import { z } from 'zod'
import { list } from '../schema-parts.ts'

/** What a function, a tool or a format may be called. */
export const toolName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9_-]+$/)

/** An id of OpenAI's; that it begins as it must is checked apart, for the words are others. */
export const itemId = z.string().min(1).max(64)

export const itemStatus = z.enum(['in_progress', 'completed', 'incomplete'])

/** The most items that a list of any kind may have. */
export const mostItems = 100_000

/**
 * One of several shapes, told apart by a field. Zod's own union of this kind wants the field to be there; here `usual` may be what a
 * value without it is.
 */
export function byTag(
  tag: string,
  shapes: Record<string, z.ZodType>,
  usual?: (value: object) => z.ZodType | undefined,
) {
  return z.unknown().check((context) => {
    const input = context.value
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      context.issues.push({ code: 'invalid_type', expected: 'object', input })
      return
    }
    const named = (input as Record<string, unknown>)[tag]
    const shape = named === undefined ? usual?.(input) : typeof named === 'string' ? own(shapes, named) : undefined
    if (!shape) {
      context.issues.push({ code: 'invalid_value', values: Object.keys(shapes), path: [tag], input })
      return
    }
    for (const issue of shape.safeParse(input).error?.issues ?? []) {
      context.issues.push({ ...issue, input } as z.core.$ZodRawIssue)
    }
  })
}

/** One of some words, or something else that is no text. */
export function wordOr(words: readonly string[], other: z.ZodType) {
  return z.unknown().check((context) => {
    const input = context.value
    if (typeof input === 'string') {
      if (!words.includes(input)) context.issues.push({ code: 'invalid_value', values: [...words], input })
      return
    }
    for (const issue of other.safeParse(input).error?.issues ?? []) {
      context.issues.push({ ...issue, input } as z.core.$ZodRawIssue)
    }
  })
}

const own = <Value>(table: Record<string, Value>, key: string): Value | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined

/** Where the model was told to keep its cache. */
const breakpoint = z.strictObject({ mode: z.enum(['explicit']), ttl: z.enum(['30m', '12h']).optional() })

const detail = z.enum(['auto', 'low', 'high', 'original'])
const address = z.string().regex(/^(https?:\/\/|data:image\/[\w.+-]+;base64,)/i)
const fileData = z.string().regex(/^data:[\w.+-]+\/[\w.+-]+;base64,/i)

/** What a user, a developer or a tool may say. A tool may leave out more, by null. */
export const inputParts = {
  input_text: z.strictObject({
    type: z.literal('input_text'),
    text: z.string(),
    prompt_cache_breakpoint: breakpoint.nullish(),
  }),
  input_image: z.strictObject({
    type: z.literal('input_image'),
    detail: detail.nullish(),
    file_id: z.string().nullish(),
    image_url: address.nullish(),
    prompt_cache_breakpoint: breakpoint.nullish(),
  }),
  input_file: z.strictObject({
    type: z.literal('input_file'),
    detail: z.enum(['auto', 'low', 'high']).optional(),
    file_data: fileData.nullish(),
    file_id: z.string().nullish(),
    file_url: z.url().nullish(),
    filename: z.string().nullish(),
    prompt_cache_breakpoint: breakpoint.nullish(),
  }),
}

export const inputContent = list(byTag('type', inputParts), mostItems)

const index = z.int().min(0)
const likelihood = { token: z.string(), bytes: list(z.int(), 1000, 0), logprob: z.number() }

const annotations = {
  file_citation: z.strictObject({ type: z.literal('file_citation'), file_id: z.string(), filename: z.string(), index }),
  url_citation: z.strictObject({
    type: z.literal('url_citation'),
    url: z.string(),
    title: z.string(),
    start_index: index,
    end_index: index,
  }),
  container_file_citation: z.strictObject({
    type: z.literal('container_file_citation'),
    container_id: z.string(),
    file_id: z.string(),
    filename: z.string(),
    start_index: index,
    end_index: index,
  }),
  file_path: z.strictObject({ type: z.literal('file_path'), file_id: z.string(), index }),
}

/** What the assistant said, as it comes back. */
export const outputParts = {
  output_text: z.strictObject({
    type: z.literal('output_text'),
    text: z.string(),
    annotations: list(byTag('type', annotations), mostItems, 0).optional(),
    logprobs: list(
      z.strictObject({ ...likelihood, top_logprobs: list(z.strictObject(likelihood), 20, 0) }),
      mostItems,
      0,
    ).optional(),
  }),
  refusal: z.strictObject({ type: z.literal('refusal'), refusal: z.string() }),
}

export const outputContent = list(byTag('type', outputParts), mostItems)
