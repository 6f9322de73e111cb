/** Which path leads where, and what is said of paths that lead nowhere. */
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../core/errors.ts'
import { faceOf, findRoute } from './routes.ts'

/** `chat`, `chat azure/x`, `async-job ID`, or status and message. */
function found(method: string, path: string): string {
  try {
    const { name, ...more } = findRoute(method, path)
    return [name, ...Object.values(more)].filter((word) => word !== undefined).join(' ')
  } catch (error) {
    return error instanceof GatewayError ? `${error.status} ${error.message}` : String(error)
  }
}

describe('findRoute', () => {
  test.each([
    ['POST', '/v1/chat/completions', 'chat'],
    ['POST', '/openai/v1/chat/completions', 'chat'],
    ['POST', '/openai/chat/completions', 'chat'],
    ['POST', '/openai/openai/v1/chat/completions', 'chat'],
    ['POST', '/openai/v1/chat/completions/', 'chat'],
    ['POST', '/v1/async/chat/completions', 'async-submit'],
    ['POST', '/v1/async/messages/', 'async-submit'],
    ['GET', '/v1/async/jobs', 'async-list'],
    ['GET', '/v1/async/chat/completions/abc', 'async-job abc'],
    ['HEAD', '/v1/async/chat/completions/abc', 'async-job abc'],
    ['GET', '/v1/async/messages/abc/', 'async-job abc'],
    ['DELETE', '/v1/async/messages/abc', 'async-cancel abc'],
    ['POST', '/v1/async/messages/abc', '405 POST is not allowed on /v1/async/messages/abc. Use GET or DELETE.'],
    ['GET', '/v1/async/chat/completions', '405 GET is not allowed on /v1/async/chat/completions. Use POST.'],
    ['POST', '/anthropic/v1/messages', 'chat'],
    ['POST', '/anthropic/messages', 'chat'],
    ['POST', '/v1/messages', 'chat'],
    ['POST', '/anthropic/v1/messages/count_tokens', 'count'],
    ['POST', '/anthropic/messages/count_tokens', 'count'],
    ['POST', '/v1/messages/count_tokens', 'count'],
    ['POST', '/v1/responses', 'chat'],
    ['POST', '/openai/v1/responses', 'chat'],
    ['POST', '/openai/responses', 'chat'],
    ['POST', '/openai/openai/responses', 'chat'],
    ['POST', '/openai/openai/v1/responses/', 'chat'],
    ['POST', '/v1/responses/input_tokens', 'count'],
    ['POST', '/openai/v1/responses/input_tokens', 'count'],
    ['POST', '/openai/responses/input_tokens', 'count'],
    ['POST', '/openai/openai/responses/input_tokens', 'count'],
    ['GET', '/anthropic/v1/models', 'models'],
    ['GET', '/v1/models', 'models'],
    ['HEAD', '/v1/models', 'models'],
    ['GET', '/openai/v1/models', 'models'],
    ['GET', '/openai/models', 'models'],
    ['GET', '/openai/openai/models', 'models'],
    ['GET', '/health', 'health'],
    ['HEAD', '/health', 'health'],
    ['GET', '/healthz', 'health'],
    ['GET', '/health/liveliness', 'health'],
    ['GET', '/readyz', 'ready'],
    ['GET', '/health/readiness', 'ready'],
    ['GET', '/metrics', 'metrics'],
  ])('%s %s', (method, path, expected) => expect(found(method, path)).toBe(expected))

  test.each([
    ['/openai/openai/deployments/gpt4o-prod/chat/completions', 'chat azure/gpt4o-prod'],
    ['/openai/deployments/gpt4o-prod/chat/completions', 'chat azure/gpt4o-prod'],
    ['/openai/v1/deployments/gpt4o-prod/chat/completions', 'chat azure/gpt4o-prod'],
    ['/openai/openai/deployments/gpt4o-prod/chat/completions/', 'chat azure/gpt4o-prod'],
    ['/openai/openai/deployments/openai/gpt-4o/chat/completions', 'chat openai/gpt-4o'],
    ['/openai/openai/deployments/groq/openai/gpt-oss-20b/chat/completions', 'chat groq/openai/gpt-oss-20b'],
    ['/openai/openai/deployments/openai%2Fgpt-4o/chat/completions', 'chat openai/gpt-4o'],
    ['/openai/openai/deployments/my%20model/chat/completions', 'chat azure/my model'],
    ['/openai/openai/deployments/gpt4o-prod/responses', 'chat azure/gpt4o-prod'],
    ['/openai/deployments/anthropic/claude-sonnet-4/responses', 'chat anthropic/claude-sonnet-4'],
    ['/openai/v1/deployments/gpt4o-prod/responses/input_tokens', 'count azure/gpt4o-prod'],
  ])('a deployment: %s', (path, expected) => expect(found('POST', path)).toBe(expected))

  test.each([
    ['/openai/openai/deployments/chat/completions', /^400 .*pre-request callback: missing deployment id/],
    ['/openai/openai/deployments/my-deployment', /^400 .*pre-request callback: invalid azure deployment path/],
    ['/openai/openai/deployments', /^400 .*invalid azure deployment path/],
    ['/openai/openai/deployments/a%zz/chat/completions', /^400 .*invalid azure deployment path/],
    ['/openai/openai/deployments/a/audio/speech', /^404 Route not found/],
    ['/openai/openai/deployments/a/responses/x', /^404 Route not found/],
    ['/openai/openai/deployments/a/constructor', /^400 .*invalid azure deployment path/],
    ['/openai/openai/deployments/a/chat', /^404 Route not found/],
    ['/openai/openai/deployments/a/chat/completions/x', /^404 Route not found/],
  ])('no deployment: %s', (path, expected) => expect(found('POST', path)).toMatch(expected))

  test.each([
    ['GET', '/v1/chat/completions', '405 GET is not allowed on /v1/chat/completions. Use POST.'],
    ['HEAD', '/v1/chat/completions', '405 HEAD is not allowed on /v1/chat/completions. Use POST.'],
    ['GET', '/v1/messages', '405 GET is not allowed on /v1/messages. Use POST.'],
    ['POST', '/health', '405 POST is not allowed on /health. Use GET.'],
    [
      'PUT',
      '/openai/openai/deployments/a/chat/completions',
      '405 PUT is not allowed on /openai/openai/deployments/a/chat/completions. Use POST.',
    ],
  ])('%s %s', (method, path, expected) => expect(found(method, path)).toBe(expected))

  test.each([
    ['/v1/chat/completion', '/v1/chat/completions'],
    ['/v1/chat/completionss', '/v1/chat/completions'],
    ['/openai/v1/chat/complete', '/openai/v1/chat/completions'],
    ['/v1/model', '/v1/models'],
    ['/helth', '/health'],
    ['/V1/Chat/Completions', '/v1/chat/completions'],
  ])('%s is near %s', (path, near) => expect(found('POST', path)).toContain(`Did you mean ${near}`))

  test('a path that is near nothing is told where chats are', () => {
    expect(found('GET', '/')).toBe('404 Route not found: /. Chat completions are at /openai/v1/chat/completions.')
    expect(found('POST', '/anthropic/v1/organizations/me/usage')).toContain('Messages are at /anthropic/v1/messages.')
  })
})

describe('faceOf', () => {
  test.each([
    ['/anthropic/v1/messages', 'anthropic'],
    ['/anthropic', 'anthropic'],
    ['/anthropic/nothing', 'anthropic'],
    ['/v1/messages', 'anthropic'],
    ['/v1/messages/batches', 'anthropic'],
    ['/v1/messagesx', 'openai'],
    ['/v1/chat/completions', 'openai'],
    ['/v1/responses', 'responses'],
    ['/openai/responses/resp_1/input_items', 'responses'],
    ['/openai/openai/v1/responses/input_tokens', 'responses'],
    ['/openai/v1/conversations', 'responses'],
    ['/v1/async/responses/1', 'responses'],
    ['/v1/responsesx', 'openai'],
    ['/openai/deployments/a/responses', 'responses'],
    ['/openai/openai/deployments/openai/gpt-4o/responses/input_tokens', 'responses'],
    ['/openai/openai/deployments/responses', 'responses'],
    ['/openai/openai/deployments/a/chat/completions', 'openai'],
    ['/anthropics', 'openai'],
    ['/', 'openai'],
  ])('%s: %s', (path, face) => expect(faceOf(path)).toBe(face))
})
