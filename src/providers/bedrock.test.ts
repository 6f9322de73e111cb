/** Where Bedrock's models are, and on which wire they are spoken to. https://docs.aws.amazon.com/general/latest/gr/bedrock.html */
import { describe, expect, it } from 'vitest'
import { lacksOf } from '../core/capabilities.ts'
import { type PathTarget, pathOf, wireOf } from '../core/provider.ts'
import { bedrock } from './bedrock.ts'

const target = (changes: Partial<PathTarget>): PathTarget => ({
  client: 'openai-chat',
  model: 'm',
  requested: 'm',
  stream: false,
  region: 'us-east-1',
  ...changes,
})

describe('the address', () => {
  it.each([
    [{}, 'https://bedrock-runtime.us-east-1.amazonaws.com'],
    [{ region: 'cn-north-1' }, 'https://bedrock-runtime.cn-north-1.amazonaws.com.cn'],
    [
      { model: 'arn:aws:bedrock:eu-west-3:123456789012:inference-profile/eu.anthropic.claude' },
      'https://bedrock-runtime.eu-west-3.amazonaws.com',
    ],
    [
      { model: 'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:application-inference-profile/x', region: undefined },
      'https://bedrock-runtime.us-gov-west-1.amazonaws.com',
    ],
    [{ region: undefined }, undefined],
    [{ region: 'evil.example.com/' }, undefined],
  ])('of %o is %s', (changes, url) => {
    expect(bedrock.regionalUrl(target(changes))).toBe(url)
  })
})

describe('the wire', () => {
  const profile = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123'
  it.each([
    [{ model: 'us.amazon.nova-pro-v1:0' }, 'bedrock-converse', '/model/us.amazon.nova-pro-v1%3A0/converse'],
    [
      { model: 'openai.gpt-oss-20b-1:0', stream: true },
      'bedrock-converse',
      '/model/openai.gpt-oss-20b-1%3A0/converse-stream',
    ],
    [
      { model: 'global.anthropic.claude-sonnet-4-5-20250929-v1:0' },
      'anthropic-messages',
      '/model/global.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke',
    ],
    [
      { model: 'anthropic.claude-3-haiku-20240307-v1:0', stream: true },
      'anthropic-messages',
      '/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke-with-response-stream',
    ],
    [{ model: profile, requested: 'fast' }, 'bedrock-converse', `/model/${encodeURIComponent(profile)}/converse`],
    [
      { model: profile, requested: 'x', family: 'anthropic' },
      'anthropic-messages',
      `/model/${encodeURIComponent(profile)}/invoke`,
    ],
  ])('for %o is %s', (changes, dialect, path) => {
    const wire = wireOf(bedrock, target(changes))
    expect([wire?.chat.dialect, wire?.path]).toEqual([dialect, path])
    expect(wire?.auth).toEqual({ scheme: 'aws', service: 'bedrock' })
  })
})

describe('tokens are counted', () => {
  it.each([
    ['anthropic.claude-haiku-4-5-20251001-v1:0', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
    ['global.anthropic.claude-haiku-4-5-20251001-v1:0', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
    ['us-gov.amazon.nova-pro-v1:0', 'amazon.nova-pro-v1:0'],
    ['arn:aws:bedrock:eu-west-3:123456789012:inference-profile/eu.deepseek.v3.2', 'deepseek.v3.2'],
    ['arn:aws:bedrock:us-east-1::foundation-model/qwen.qwen3-32b-v1:0', 'qwen.qwen3-32b-v1:0'],
    [
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123',
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123',
    ],
  ])('of %s for %s', (model, counted) => {
    const wire = wireOf(bedrock, target({ model }))
    expect(wire?.count?.tokens.dialect).toBe('bedrock-converse')
    expect(pathOf(wire!.count!.path, target({ model }))).toBe(`/model/${encodeURIComponent(counted)}/count-tokens`)
  })
})

describe('what models lack', () => {
  const refused = (model: string) => lacksOf(bedrock.lacks, model)?.flatMap(({ refuse = [] }) => refuse) ?? []

  it.each([
    ['amazon.titan-text-express-v1', ['tools', 'images', 'audio', 'video', 'json-schema']],
    ['us.amazon.nova-micro-v1:0', ['images', 'audio', 'video', 'files']],
    ['us.amazon.nova-pro-v1:0', []],
    ['us.meta.llama3-3-70b-instruct-v1:0', ['images', 'audio', 'video', 'json-schema']],
    ['arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-8b-instruct-v1:0', ['tools', 'json-schema']],
    ['us.deepseek.r1-v1:0', ['tools', 'images', 'audio', 'video', 'json-schema']],
    ['qwen.qwen3-32b-v1:0', []],
  ])('%s', (model, features) => {
    expect(refused(model)).toEqual(features)
  })
})
