/**
 * The half of the Messages dialect that faces providers: Anthropic, and those who serve its models.
 * https://platform.claude.com/docs/en/api/messages
 */
import { decodeAwsError } from '../../core/aws-error.ts'
import { awsEventStream } from '../../core/aws-event-stream.ts'
import type { AboutWire, ProviderChat } from '../../core/dialect.ts'
import { adaptRequest } from './adapt.ts'
import { decodeBedrockEvents } from './bedrock-stream.ts'
import { decodeEvents } from './decode-events.ts'
import { decodeResponse } from './decode-response.ts'
import { anthropicHost, bedrockHost, type Host } from './hosts.ts'
import { dialect } from './name.ts'
import { decodeError } from './provider-errors.ts'
import { droppedNames, encodeRequest } from './request.ts'

const about: AboutWire = {
  name: 'Anthropic Messages',
  drops: Object.values(droppedNames),
  dropsFromMessages: ['name'],
  refuses: ['`n` above 1', 'sound in messages and in replies', 'video', 'files that are no PDF, text or picture'],
  reasoningBack: true,
}

/** The dialect as one host of Claude speaks it. */
export function anthropicMessages(host: Host = anthropicHost): ProviderChat {
  return {
    dialect,
    about,
    encodeRequest: (request, target) => encodeRequest(request, target, host),
    adaptRequest: (request, target) => adaptRequest(request, target, host),
    decodeResponse,
    decodeEvents,
    decodeError,
  }
}

/** Claude on Amazon Bedrock by InvokeModel: the same messages in AWS's stream, with AWS's errors around them. */
export const anthropicOnBedrock: ProviderChat = {
  ...anthropicMessages(bedrockHost),
  framing: awsEventStream,
  decodeEvents: decodeBedrockEvents,
  decodeError: decodeAwsError,
}
