import { describe, expect, it } from 'vitest'
import { type PathTarget, type Wire, wireOf } from '../core/provider.ts'
import { anthropic } from './anthropic.ts'
import { azure } from './azure.ts'
import { claudeOnAzure, claudeOnBedrock, claudeOnVertex, isClaude } from './claude-wires.ts'

const target = (more: Partial<PathTarget> = {}): PathTarget => ({
  client: 'openai-chat',
  model: 'claude-opus-5',
  requested: 'claude-opus-5',
  stream: false,
  ...more,
})
const pathOf = ({ path }: Wire, more: Partial<PathTarget> = {}) =>
  typeof path === 'string' ? path : path(target(more))

describe('a model is Claude', () => {
  it.each<[string, Partial<PathTarget>, boolean]>([
    ['by its name', { model: 'claude-opus-5', requested: 'x' }, true],
    ['by the name of its maker before it', { model: 'us.anthropic.claude-opus-4-6-v1', requested: 'x' }, true],
    ['by what the client calls it', { model: 'prod-1', requested: 'Claude-Sonnet' }, true],
    ['by its family', { model: 'prod-1', requested: 'smart', family: 'anthropic' }, true],
    ['not, by its family', { model: 'claude-tuned', requested: 'x', family: 'openai' }, false],
    ['not', { model: 'gpt-4o', requested: 'gpt-4o' }, false],
  ])('%s', (_, names, expected) => {
    expect(isClaude(target(names))).toBe(expected)
  })
})

it('on Azure is behind a path of its own, with a header of its own', () => {
  expect(wireOf(azure, target())).toMatchObject({
    path: '/anthropic/v1/messages',
    auth: { scheme: 'header', name: 'x-api-key' },
    headers: { 'anthropic-version': '2023-06-01' },
    chat: claudeOnAzure.chat,
  })
  expect(wireOf(azure, target({ model: 'gpt-4o', requested: 'gpt-4o' }))?.auth).toEqual({ scheme: 'azure' })
})

it('on Vertex has project, region and model in its path', () => {
  const place = { project: 'p 1', region: 'europe-west1', model: 'claude-haiku-4-5@20251001' }
  const before = '/v1/projects/p%201/locations/europe-west1/publishers/anthropic/models/claude-haiku-4-5@20251001'
  expect(pathOf(claudeOnVertex, place)).toBe(`${before}:rawPredict`)
  expect(pathOf(claudeOnVertex, { ...place, stream: true })).toBe(`${before}:streamRawPredict`)
  expect(pathOf(claudeOnVertex, { project: 'p', model: '../x' })).toBe(
    '/v1/projects/p/locations/global/publishers/anthropic/models/..%2Fx:rawPredict',
  )
})

it('on Bedrock is invoked', () => {
  const model = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
  expect(pathOf(claudeOnBedrock, { model })).toBe('/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke')
  expect(pathOf(claudeOnBedrock, { model, stream: true })).toMatch(/\/invoke-with-response-stream$/)
})

it('at Anthropic itself is asked by the first version', () => {
  expect(wireOf(anthropic, target())).toMatchObject({
    path: '/v1/messages',
    auth: { scheme: 'header', name: 'x-api-key' },
    headers: { 'anthropic-version': '2023-06-01' },
  })
})
