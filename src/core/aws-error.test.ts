/** What AWS tells of failures, in every place it tells it. */
import { describe, expect, it } from 'vitest'
import { awsStreamError, decodeAwsError } from './aws-error.ts'

interface Case {
  name: string
  status: number
  headers?: Record<string, string>
  body: string
  says: { message: string; type?: string; remedy: string }
}

const header = (type: string) => ({
  'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
})

const cases: Case[] = [
  {
    name: 'the type in a header, with an address behind it',
    status: 429,
    headers: header('ThrottlingException'),
    body: '{"message":"Too many requests, please wait before trying again."}',
    says: {
      message: 'Too many requests, please wait before trying again.',
      type: 'ThrottlingException',
      remedy: 'other-key',
    },
  },
  {
    name: 'the type in the body, with a namespace before it',
    status: 403,
    body: '{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"The security token is invalid."}',
    says: { message: 'The security token is invalid.', type: 'UnrecognizedClientException', remedy: 'other-key' },
  },
  {
    name: 'a message with a capital letter',
    status: 403,
    headers: header('AccessDeniedException'),
    body: '{"Message":"User: arn:aws:iam::1:user/a is not authorized to perform: bedrock:InvokeModel"}',
    says: {
      message: 'User: arn:aws:iam::1:user/a is not authorized to perform: bedrock:InvokeModel',
      type: 'AccessDeniedException',
      remedy: 'other-key',
    },
  },
  {
    name: 'a fault of the request',
    status: 400,
    headers: header('ValidationException'),
    body: '{"message":"The provided model identifier is invalid."}',
    says: { message: 'The provided model identifier is invalid.', type: 'ValidationException', remedy: 'fallback' },
  },
  {
    name: "a quota of the account, under the status of the client's faults",
    status: 400,
    headers: header('ServiceQuotaExceededException'),
    body: '{"message":"Your request exceeds the limits of your account."}',
    says: {
      message: 'Your request exceeds the limits of your account.',
      type: 'ServiceQuotaExceededException',
      remedy: 'other-key',
    },
  },
  {
    name: 'a model that is not ready',
    status: 429,
    headers: header('ModelNotReadyException'),
    body: '{"message":"Model is not ready for inference."}',
    says: { message: 'Model is not ready for inference.', type: 'ModelNotReadyException', remedy: 'other-key' },
  },
  {
    name: 'a model that stumbled',
    status: 424,
    headers: header('ModelErrorException'),
    body: '{"message":"Unexpected token","originalStatusCode":500,"resourceName":"m"}',
    says: { message: 'Unexpected token', type: 'ModelErrorException', remedy: 'same-key' },
  },
  {
    name: 'a model that took too long',
    status: 408,
    headers: header('ModelTimeoutException'),
    body: '{"message":"Too slow."}',
    says: { message: 'Too slow.', type: 'ModelTimeoutException', remedy: 'same-key' },
  },
  {
    name: 'a signature that is wrong, without the token that was signed',
    status: 403,
    headers: header('InvalidSignatureException'),
    body: String.raw`{"message":"The request signature we calculated does not match.\n\nThe Canonical String should have been\n'POST\nx-amz-security-token:FwoGZXIvYXdzEBY\n\nhost'"}`,
    says: {
      message:
        "The request signature we calculated does not match.\n\nThe Canonical String should have been\n'POST\nx-amz-security-token:***\n\nhost'",
      type: 'InvalidSignatureException',
      remedy: 'other-key',
    },
  },
  {
    name: 'a server without a word',
    status: 503,
    body: '',
    says: { message: 'provider server error (503)', remedy: 'same-key' },
  },
  {
    name: 'a page of somebody in between',
    status: 502,
    body: '<html><body>Bad gateway</body></html>',
    says: { message: 'HTML response received from provider', remedy: 'same-key' },
  },
]

describe('replies', () => {
  it.each(cases)('$name', ({ status, headers, body, says }) => {
    const error = decodeAwsError(status, body, headers)
    expect(error).toMatchObject({ failure: 'upstream-status', status, message: says.message, remedy: says.remedy })
    expect(error.details.type).toBe(says.type)
    expect(error.details.code).toBe(says.type)
  })
})

describe('exceptions in streams', () => {
  it.each([
    ['throttlingException', '{"message":"Slow down."}', 429, 'ThrottlingException', 'Slow down.', 'other-key'],
    ['serviceUnavailableException', '{"message":"Busy."}', 503, 'ServiceUnavailableException', 'Busy.', 'same-key'],
    ['validationException', '{"message":"No."}', 400, 'ValidationException', 'No.', 'fallback'],
    ['internalServerException', '{}', 500, 'InternalServerException', '{}', 'same-key'],
    [
      'modelStreamErrorException',
      '{"originalStatusCode":500,"originalMessage":"CUDA"}',
      424,
      'ModelStreamErrorException',
      'CUDA',
      'same-key',
    ],
    [
      'modelTimeoutException',
      '',
      408,
      'ModelTimeoutException',
      'The provider broke off: ModelTimeoutException.',
      'same-key',
    ],
    ['novelException', '{"message":"New."}', 502, 'NovelException', 'New.', 'same-key'],
    ['', '', 502, undefined, 'The provider broke off.', 'same-key'],
  ])('%s %s', (type, data, status, code, message, remedy) => {
    const error = awsStreamError({ type, data })
    expect(error).toMatchObject({ failure: 'upstream-error', status, message, remedy })
    expect(error.details.code).toBe(code)
  })
})
