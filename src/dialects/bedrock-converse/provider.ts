/**
 * The half of Bedrock's Converse that faces Bedrock: one form for all its models, with a binary event stream.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html
 */
import { decodeAwsError } from '../../core/aws-error.ts'
import { awsEventStream } from '../../core/aws-event-stream.ts'
import type { ProviderChat } from '../../core/dialect.ts'
import { dialect } from './name.ts'
import { dropsAlways, encodeRequest } from './request.ts'
import { decodeResponse } from './response.ts'
import { decodeEvents } from './stream.ts'

export function bedrockConverse(): ProviderChat {
  return {
    dialect,
    about: {
      name: 'Converse',
      drops: dropsAlways,
      dropsFromMessages: ['name', 'annotations'],
      refuses: [
        '`n` above 1',
        'images, files and videos by an `http` URL or an id: send bytes, or an `s3://` URL',
        '`tool_choice: "none"` once tools have been called',
        'a result without its call, a call without its result',
        'sounds as an answer',
      ],
      reasoningBack: true,
    },
    framing: awsEventStream,
    encodeRequest,
    // Model and stream are in the path: a body of this dialect has nothing to change.
    adaptRequest: ({ text }) => ({ text, dropped: [] }),
    decodeResponse,
    decodeEvents,
    decodeError: decodeAwsError,
  }
}
