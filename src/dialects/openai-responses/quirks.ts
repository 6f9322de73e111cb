/** How providers differ from OpenAI on the Responses wire; every difference is an argument to `openaiResponses`. */

/** Absent: as OpenAI does it. */
export interface Quirks {
  /** Top-level fields the provider refuses or ignores: left out and named in `dropped_params`. */
  readonly drop?: readonly string[]
  /** Values of `include` that it knows; others are left out and named. Absent: whatever there is. */
  readonly includes?: readonly string[]
  /** OpenAI refuses caps of the output below this. */
  readonly minimumMaxTokens?: number
  /** `user` longer than this is left out and named. */
  readonly maximumUserLength?: number
  /** What becomes of `store`: goes out as the client says, is always `false`, or is left out, as nothing is kept there. Default `as-asked`. */
  readonly store?: 'as-asked' | 'never' | 'none'
  /** The efforts the provider knows, where they are fewer than OpenAI's. */
  readonly efforts?: readonly string[]
  /** `reasoning` may have a budget in `max_tokens`. Default false: it becomes an effort. */
  readonly reasoningBudget?: boolean
  /** The provider writes summaries of its reasoning. Default true; else `reasoning.summary` is left out and named. */
  readonly summaries?: boolean
  /**
   * What it reads of reasoning that comes back: `sealed` is its own `encrypted_content`, `text` is what can be read, `none` is nothing. Default
   * `sealed`.
   */
  readonly reasoningBack?: 'sealed' | 'text' | 'none'
  /** Models that seal their reasoning, which may be asked of no other. Absent: nothing is sealed for clients of other wires. */
  readonly sealing?: RegExp
  /** What a `developer` message is called. Default `developer`. */
  readonly developerRole?: 'developer' | 'system'
  /** The provider understands `cache_control` marks. Default false: left out and named, as OpenAI caches by itself. */
  readonly cacheControl?: boolean
  /** Types of tools besides functions that it takes: a request with another is refused with 400. Absent: whatever there is. */
  readonly tools?: readonly string[]
  /** Ids of items are held to the beginnings and the length that OpenAI gives them. Default true: others are left out. */
  readonly checksItemIds?: boolean
  /** Content part types the provider refuses: a request with one is refused with 400. */
  readonly refuseParts?: readonly string[]
}
