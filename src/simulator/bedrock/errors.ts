/**
 * The errors of Amazon Bedrock: a message in the body, the name of the exception in a header.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
 */
import { Refused } from '../errors.ts'
import type { WireErrors } from '../wire-format.ts'

/** An exception with its status and words. */
export const exception = (status: number, type: string, message: string) => new Refused(status, { message, type })

/** A 400 for a request that is not what the reference wants. */
export const invalid = (message: string) => exception(400, 'ValidationException', message)

type StatusException = [type: string, message: string]

const byStatus: Record<number, StatusException> = {
  400: ['ValidationException', 'The request could not be handled.'],
  401: ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
  402: ['ServiceQuotaExceededException', 'Your account has reached its service quota.'],
  403: ['AccessDeniedException', "You don't have access to the model with the specified model ID."],
  404: ['ResourceNotFoundException', 'Could not resolve the foundation model from the provided model identifier.'],
  408: ['ModelTimeoutException', 'Model processing timed out. Try your request again.'],
  413: ['RequestEntityTooLargeException', 'The request body is too large.'],
  424: ['ModelErrorException', 'The model returned an error while it processed the request. Try your request again.'],
  429: ['ThrottlingException', 'Too many requests, please wait before trying again.'],
  500: [
    'InternalServerException',
    'The system encountered an unexpected error during processing. Try your request again.',
  ],
  503: ['ServiceUnavailableException', 'Bedrock is unable to process your request.'],
  504: ['ModelTimeoutException', 'Model processing timed out. Try your request again.'],
}

/** What Bedrock says with a status. */
export function exceptionOf(status: number): { type: string; message: string } {
  const [type, message] = byStatus[status] ?? byStatus[status < 500 ? 400 : 500]!
  return { type, message }
}

/** How this wire tells of failures. */
export const bedrockErrors: WireErrors = {
  bodyOf({ status, body }) {
    const known = typeof body.type === 'string' && /^[A-Z]\w+Exception$/.test(body.type)
    const type = known ? body.type : exceptionOf(status).type
    // Who asks for a service without a right to it is told with a capital letter.
    const text = body['capital'] === true ? { Message: body.message } : { message: body.message }
    return {
      body: text,
      headers: { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/` },
    }
  },
  ofStatus: exceptionOf,
  named: {
    quota: exception(429, 'ThrottlingException', 'Too many tokens per day, please wait before trying again.'),
    'context-length': invalid('Input is too long for requested model.'),
    'prompt-filtered': 'in-reply',
  },
}
