/** How providers differ from OpenAI on the chat completions wire; every difference is an argument to `openaiChat`. */
import type { JsonObject } from '../../core/json.ts'

/** Absent: as OpenAI does it. */
export interface Quirks {
  /** Top-level fields the provider refuses or ignores: left out and named in `dropped_params`. */
  readonly drop?: readonly string[]
  /** Fields of messages, of any role, that the provider refuses or ignores: left out and named. */
  readonly dropFromMessages?: readonly string[]
  /** Name of the output cap on this wire. Default `max_completion_tokens`. */
  readonly maxTokens?: 'max_tokens' | 'max_completion_tokens'
  /** OpenAI refuses caps below this. */
  readonly minimumMaxTokens?: number
  /**
   * How reasoning is asked for: `effort` is the flat `reasoning_effort`, `object` is OpenRouter's `reasoning` object, `switch` are fields of
   * the provider's own that turn it on and off, `none` drops it. Default `effort`.
   */
  readonly reasoning?: 'effort' | 'object' | 'switch' | 'none'
  /** The efforts the provider knows, where they are fewer than OpenAI's; `minimal` becomes the lowest of them. */
  readonly efforts?: readonly string[]
  /** What stands in the body instead of effort `none`, where the provider has a field of its own for it. */
  readonly noReasoning?: JsonObject
  /** What stands in the body instead of any other effort, for `switch`. */
  readonly someReasoning?: JsonObject
  /** For `switch`: the field for how many tokens may be thought, where there is one. */
  readonly reasoningBudget?: string
  /** Under which name an assistant message may carry its reasoning back. Default `none`: left out and named. */
  readonly reasoningBack?: 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'none'
  /** An assistant message may bring back the pictures in its `images`. Default false: left out and named. */
  readonly imagesBack?: boolean
  /** Messages of tools may hold pictures and files. Default false: they stand in a user's message behind them. */
  readonly toolsShow?: boolean
  /** The provider understands `cache_control` marks. Default false: left out, as OpenAI caches by itself. */
  readonly cacheControl?: boolean
  /** What a `developer` message is called. Default `developer`. */
  readonly developerRole?: 'developer' | 'system'
  /** Name of `seed` on this wire. Default `seed`. */
  readonly seed?: string
  /**
   * `flag` is a boolean with `top_logprobs` beside it; `count` is the number of alternatives in `logprobs` itself, 1 where none was given, and
   * no `top_logprobs`. Default `flag`.
   */
  readonly logprobs?: 'flag' | 'count'
  /** What `tool_choice: "required"` is called. Default `required`. */
  readonly required?: 'required' | 'any'
  /** The provider takes `stream_options: {include_usage: true}`. Default true. */
  readonly streamUsage?: boolean
  /** `user` longer than this is left out and named. */
  readonly maximumUserLength?: number
  /** Content part types the provider refuses: a request with one is refused with 400, as leaving it out would change its meaning. */
  readonly refuseParts?: readonly string[]
}
