/** How a body is checked piece by piece, so that a fault is told by its own words and its own place. */
import { z } from 'zod'
import type { GatewayError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { requestFault } from '../../core/schema-faults.ts'

/** Null says nothing here. */
export const optional = <Type extends z.ZodType>(type: Type) => z.nullish(type)
export const object = z.looseObject({})
export const text = z.string()
export const words = text.min(1)

/** An object whose `type` is none of these: of a kind that is newer than this house, or a provider's own. */
export const otherType = (...known: string[]) =>
  z.looseObject({ type: text.refine((given) => !known.includes(given), { abort: true }) })

type Validator = { validate(value: unknown): boolean }

/** One shape that a part of a body may have. */
export class Shape {
  readonly #schema: z.ZodType
  /** Generating it takes longer than a start may, so it is done when it is first needed. */
  #compiled: Validator | undefined

  constructor(schema: z.ZodType) {
    this.#schema = schema
  }

  fits(value: Json | undefined): boolean {
    this.#compiled ??= z.compile(this.#schema) as unknown as Validator
    return this.#compiled.validate(value)
  }

  /** What is wrong with the value that stands at `path` of the body. */
  fault(value: Json | undefined, path: readonly PropertyKey[], body: Json): GatewayError {
    const issues = this.#schema.safeParse(value).error?.issues ?? []
    return requestFault(new z.ZodError(issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }))), body)
  }
}

export const shape = (members: Record<string, z.ZodType>): Shape => new Shape(z.looseObject(members))
