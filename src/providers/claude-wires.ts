/**
 * Claude where others serve it: Anthropic's own wire at their addresses.
 * https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry,
 * https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
 */
import type { PathTarget, Wire } from '../core/provider.ts'
import { anthropicCount } from '../dialects/anthropic-messages/count.ts'
import { azureHost, vertexHost } from '../dialects/anthropic-messages/hosts.ts'
import { anthropicMessages, anthropicOnBedrock } from '../dialects/anthropic-messages/provider.ts'

/** The version of the API that is spoken unless the client or the configuration asks for another. */
export const anthropicVersion = { 'anthropic-version': '2023-06-01' } as const

/** Is it one of Anthropic's models, by any of its names, or because the configuration says so? */
export function isClaude({ model, requested, family }: PathTarget): boolean {
  if (family !== undefined) return /anthropic|claude/i.test(family)
  return /claude/i.test(model) || /claude/i.test(requested)
}

const azureMessages = anthropicMessages(azureHost)

export const claudeOnAzure: Wire = {
  serves: isClaude,
  chat: azureMessages,
  path: '/anthropic/v1/messages',
  count: { tokens: anthropicCount(azureMessages), path: '/anthropic/v1/messages/count_tokens' },
  auth: { scheme: 'header', name: 'x-api-key' },
  headers: anthropicVersion,
}

/** Needs the project and the region of the target. */
export const claudeOnVertex: Wire = {
  serves: isClaude,
  chat: anthropicMessages(vertexHost),
  path: (target) => {
    // The date of a model stands behind an @, which a path may have as it is.
    const name = encodeURIComponent(target.model).replaceAll('%40', '@')
    return `${vertexModels(target)}/${name}:${target.stream ? 'streamRawPredict' : 'rawPredict'}`
  },
  // Counting has a path of its own for all models, so the body names the one.
  // https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/count-tokens
  count: {
    tokens: anthropicCount(anthropicMessages({ ...vertexHost, namesModel: true })),
    path: (target) => `${vertexModels(target)}/count-tokens:rawPredict`,
  },
}

function vertexModels({ project = '', region = 'global' }: PathTarget): string {
  return `/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(region)}/publishers/anthropic/models`
}

export const claudeOnBedrock: Wire = {
  serves: isClaude,
  chat: anthropicOnBedrock,
  path: ({ model, stream }) =>
    `/model/${encodeURIComponent(model)}/${stream ? 'invoke-with-response-stream' : 'invoke'}`,
}
