/** What the gateway adds to every reply and error about how it was served: `extra_fields` on the wire. */

/** All texts are true at the time of writing; `latency` and `chunkIndex` change from chunk to chunk. */
export interface ExtraFields {
  /** `chat_completion`, `chat_completion_stream`, … */
  requestType: string
  /** Absent while nobody is known to serve. */
  provider?: string | undefined
  /** Without provider prefix, as asked of the provider that served. */
  modelRequested?: string | undefined
  /** The deployment or alias target that was called, where a mapping applied. */
  modelDeployment?: string | undefined
  /** Whole milliseconds. */
  latency: number
  chunkIndex: number
  /** JSON paths of what the target could not carry. */
  dropped?: readonly string[] | undefined
  /** JSON text of the body that was sent to the provider, on request. */
  rawRequest?: string | undefined
  /** The provider's body as it came, on request: JSON text, or any text. */
  rawResponse?: string | undefined
  /** The provider's response headers that were passed on, flat: name, value, … */
  responseHeaders?: readonly string[] | undefined
}
