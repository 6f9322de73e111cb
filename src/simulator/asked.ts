/** What a request asks for, whatever wire it came on: all that a model looks at. */

export interface Asked {
  /** What the user, or a tool, said last: what an echo gives back. */
  echo: string
  /** The last message brings the results of tools. */
  answered: boolean
  /** The tools that may be called. Where the request names one, it alone is here. */
  tools: readonly OfferedTool[]
  /** Whether none, any or at least one of them is to be called. */
  calling: 'never' | 'may' | 'must'
  /** Whether several may be called at once. */
  parallel: boolean
  format: AskedFormat
  /** How many sentences a model that thinks is to think; 0 forbids it. */
  thoughts: number
  /** Whether every model is to think, not only those whose nature it is. */
  thinking: boolean
  /** Citations, sound, likelihoods: whether the request wants them. */
  annotated?: boolean
  audio?: boolean
  logprobs?: boolean
}

/** The form of the text. */
export type AskedFormat = { kind: 'text' } | { kind: 'json' } | { kind: 'schema'; schema: unknown }

/** A function takes arguments that fit `schema`; a custom tool takes any text. */
export interface OfferedTool {
  type: 'function' | 'custom'
  name: string
  schema?: unknown
}
