/** What the schema of the configuration is made of: marks for what a JSON schema cannot say, and values that many keys have. https://zod.dev */
import { z } from 'zod'

/**
 * What the rules of a JSON schema cannot say.
 * - `later`: known, accepted, without effect so far
 * - `secret`: never shown, not even when it is wrong
 * - `reference`: may also be written as an object that names an environment variable
 * - `pattern`: a regular expression; what an environment variable holds stands for itself in it
 * - `json`: may also be written as the JSON text of it
 */
export const marks = z.registry<Marks>()

interface Marks {
  later?: true
  secret?: true
  reference?: true
  pattern?: true
  json?: true
}

/** Text that is never shown. */
export function secret(description: string) {
  return z.string().describe(description).register(marks, { secret: true, reference: true })
}

/** Text that other files of this format may give as a reference object; every text may be `env.NAME`. */
export function reference(description: string) {
  return z.string().describe(description).register(marks, { reference: true })
}

/** Known and accepted, so that a file that has it is taken; the description says that nothing comes of it. */
export function later<Schema extends z.ZodType>(schema: Schema, description: string) {
  const accepted = schema.optional().describe(`${description} Accepted, no effect yet.`)
  marks.add(accepted, { later: true })
  return accepted
}

export const flag = z.boolean()
export const texts = z.array(z.string())
export const anything = z.looseObject({})
export const things = z.array(anything)
/** A day is the longest time any of these can sensibly be, and timers can count it. */
export const seconds = z.number().positive().max(86_400)
export const milliseconds = z.number().min(0).max(86_400_000)
export const count = z.int().min(1)
export const weight = z.number().min(0)
