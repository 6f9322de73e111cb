/** Parts that the schemas of requests are made of: numbers in ranges, lists and dictionaries that stop looking when enough is wrong. */
import { z } from 'zod'

/** A whole number in the range of 64 bits; zod's own stops at 2^53, which `seed` may exceed. */
export function integer(minimum = -(2 ** 63), maximum = 2 ** 63) {
  return z.custom<number>().check((context) => {
    const input = context.value
    if (typeof input !== 'number' || !Number.isInteger(input)) {
      context.issues.push({ code: 'invalid_type', expected: 'int', input })
    } else if (input < minimum) {
      context.issues.push({ code: 'too_small', origin: 'int', minimum, inclusive: true, input })
    } else if (input > maximum) {
      context.issues.push({ code: 'too_big', origin: 'int', maximum, inclusive: true, input })
    }
  })
}

/** A number in a range. */
export const decimal = (minimum: number, maximum: number) => z.number().min(minimum).max(maximum)

/** Enough to tell what is wrong; a million wrong items must not take a second. */
const mostIssues = 1000

/** A list of at most `most` items, read until so many things are wrong that more would help nobody. */
export function list<Item extends z.ZodType>(item: Item, most: number, least = 1) {
  const checked = z
    .array(z.unknown())
    .min(least)
    .max(most)
    .check((context) => {
      for (const [index, value] of context.value.entries()) {
        if (context.issues.length > mostIssues) return
        const { error } = item.safeParse(value)
        for (const issue of error?.issues ?? []) {
          context.issues.push({ ...issue, path: [index, ...issue.path], input: value } as z.core.$ZodRawIssue)
        }
      }
    })
  return checked as unknown as z.ZodType<z.output<Item>[], z.input<Item>[]>
}

/** An object of at most `most` entries, whatever their names. */
export function dictionary<Value extends z.ZodType>(value: Value, most: number, longestKey: number) {
  const checked = z.record(z.string(), z.unknown()).check((context) => {
    const input = context.value
    const entries = Object.entries(input)
    if (entries.length > most) {
      context.issues.push({ code: 'too_big', origin: 'object', maximum: most, inclusive: true, input })
      return
    }
    for (const [key, item] of entries) {
      if (key.length > longestKey) {
        context.issues.push({ code: 'invalid_key', origin: 'record', issues: [], path: [key], input })
      }
      for (const issue of value.safeParse(item).error?.issues ?? []) {
        context.issues.push({ ...issue, path: [key, ...issue.path], input: item } as z.core.$ZodRawIssue)
      }
    }
  })
  return checked as unknown as z.ZodType<Record<string, z.output<Value>>, Record<string, z.input<Value>>>
}

/** A JSON Schema: its own rules are checked apart, any key may stand in it. */
export const jsonSchema = z.record(z.string(), z.unknown())
