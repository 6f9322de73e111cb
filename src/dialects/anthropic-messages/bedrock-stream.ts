/**
 * Bedrock streams by InvokeModel: events of an AWS event stream, each with one event of this wire in base64.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
 */
import { awsStreamError } from '../../core/aws-error.ts'
import { exceptionIn } from '../../core/aws-event-stream.ts'
import { textOfBytes } from '../../core/bytes.ts'
import type { ChatEvent } from '../../core/chat.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import type { GatewayError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { parseJson } from '../../core/parse-json.ts'
import type { Frame } from '../../core/sse.ts'
import type { EventDecoder } from '../../core/translate.ts'
import { unreadable } from '../../core/upstream-error.ts'
import { textOf } from '../../core/wire.ts'
import { decodeEvents } from './decode-events.ts'

export function decodeBedrockEvents(context: ReplyContext): EventDecoder<Frame, ChatEvent> {
  const decoder = decodeEvents(context)
  let failed = false
  const fail = (error: GatewayError): ChatEvent[] => {
    failed = true
    return [{ type: 'error', error }]
  }
  return {
    get complete() {
      return decoder.complete
    },
    push(frame) {
      if (failed) return []
      const exception = exceptionIn(frame)
      if (exception !== undefined) return fail(awsStreamError(exception))
      const data = chunkIn(frame.data)
      return data === undefined ? fail(unreadable('a chunk without bytes')) : decoder.push({ data })
    },
    end: () => (failed ? [] : decoder.end()),
  }
}

/** The event inside; undefined where there is none that can be read. */
function chunkIn(payload: string): string | undefined {
  try {
    const chunk = parseJson(payload)
    const bytes = isJsonObject(chunk) ? textOf(chunk['bytes']) : undefined
    return bytes === undefined ? undefined : textOfBytes(atob(bytes))
  } catch {
    return undefined
  }
}
