/** JSON values as TypeScript sees them (RFC 8259). */

export type Json = null | boolean | number | string | Json[] | JsonObject

/** A JSON object; a key may be absent, so reading one gives `undefined` as well. */
export interface JsonObject {
  [key: string]: Json | undefined
}

/** Is this value a JSON object, that is, neither null nor an array? */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
