/**
 * Refuses the Converse requests that Bedrock would refuse though they have the right shape: what messages, tools and settings must be to
 * one another. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html
 */

import { readJson } from '../../core/parse-json.ts'
import type { ClaudeRules } from '../anthropic/claude.ts'
import { checkMedia } from './check-media.ts'
import { checkModelSettings } from './check-model-settings.ts'
import { checkReasoning } from './check-reasoning.ts'
import { checkTools, checkToolTurns } from './check-tools.ts'
import { type ConverseRequest, converseShape, converseStreamShape, type Message } from './converse-request.ts'
import { invalid } from './errors.ts'
import { checkShape } from './shapes.ts'

export interface Converse {
  body: unknown
  /** What the model takes if it is a Claude, as every model is whose id does not say otherwise. */
  claude: ClaudeRules | undefined
  streamed: boolean
  /** Unknown members are to be let through. */
  lenient: boolean
}

/** A request that holds messages, for which the rules below are meant. */
export type Conversation = ConverseRequest & { messages: Message[] }

/** The request, or a `Refused` thrown. */
export function checkConverse({ body, claude, streamed, lenient }: Converse): Conversation {
  checkShape(body, streamed ? converseStreamShape : converseShape, lenient)
  const request = body as ConverseRequest
  const conversation = { ...request, messages: request.messages ?? [] }
  checkConversation(conversation, claude)
  checkSettings(request)
  checkModelSettings(request, claude)
  return conversation
}

/** What counting tokens looks at as well: messages, system and tools. */
export function checkConversation(request: Conversation, claude: Converse['claude']): void {
  checkContent(request)
  checkRoles(request.messages, claude)
  checkTools(request)
  checkToolTurns(request, claude !== undefined)
  checkMedia(request)
  if (claude) checkReasoning(request)
  checkCachePoints(request)
}

function checkContent({ messages, system = [] }: Conversation): void {
  if (messages.length === 0)
    throw invalid(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    )
  for (const [index, { content }] of messages.entries()) {
    if (content.length === 0) {
      throw invalid(
        `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`,
      )
    }
    for (const [place, { text }] of content.entries()) {
      if (text === undefined || text.trim() !== '') continue
      throw invalid(
        `The text field in the ContentBlock object at messages.${index}.content.${place} is blank. Add text to the text field, and try again.`,
      )
    }
  }
  const blank = system.findIndex(({ text }) => text !== undefined && text.trim() === '')
  if (blank >= 0)
    throw invalid(
      `The text field in the SystemContentBlock object at system.${blank} is blank. Add text to the text field, and try again.`,
    )
}

/** User and assistant take turns, the user first and last. What a system says in between does not count as a turn. */
function checkRoles(messages: readonly Message[], claude: Converse['claude']): void {
  const turns = messages.filter(({ role }) => role !== 'system')
  if (messages[0]!.role !== 'user')
    throw invalid(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    )
  if (turns.some(({ role }, index) => role !== (index % 2 === 0 ? 'user' : 'assistant'))) {
    throw invalid(
      'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
    )
  }
  if (turns.at(-1)!.role === 'assistant' && claude?.prefill !== true) {
    throw invalid(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    )
  }
  const instruction = messages.findIndex(({ role }) => role === 'system')
  if (instruction >= 0 && claude?.systemMessages !== true) {
    throw invalid(`messages.${instruction}.role: this model does not support messages with the role system.`)
  }
  for (const [index, { role, content }] of messages.entries()) {
    const stranger = content.flatMap((block) => Object.keys(block)).find((kind) => !kindsOf[role].has(kind))
    if (stranger)
      throw invalid(`messages.${index}: the ${stranger} block is not allowed in a message with the role ${role}.`)
  }
}

const kindsOf: Record<Message['role'], ReadonlySet<string>> = {
  user: new Set([
    'text',
    'image',
    'document',
    'video',
    'audio',
    'toolResult',
    'guardContent',
    'cachePoint',
    'searchResult',
  ]),
  assistant: new Set(['text', 'toolUse', 'reasoningContent', 'citationsContent', 'cachePoint']),
  system: new Set(['text', 'cachePoint', 'toolAddition', 'toolRemoval']),
}

const mostCachePoints = 4

/** At most four, each behind something to cache, those that live longer first. */
function checkCachePoints({ messages, system = [], toolConfig }: Conversation): void {
  const lists: [string, { cachePoint?: { ttl?: '5m' | '1h' } }[]][] = [
    ['toolConfig.tools', toolConfig?.tools ?? []],
    ['system', system],
    ...messages.map(({ content }, index): [string, typeof content] => [`messages.${index}.content`, content]),
  ]
  let count = 0
  let shortest = false
  for (const [place, blocks] of lists) {
    if (blocks[0]?.cachePoint) throw invalid(`${place}.0: a cachePoint must come after the content that it caches.`)
    for (const { cachePoint } of blocks) {
      if (!cachePoint) continue
      count++
      const long = cachePoint.ttl === '1h'
      if (long && shortest) throw invalid("A cachePoint with ttl '1h' must not come after a cachePoint with ttl '5m'.")
      shortest ||= !long
    }
  }
  if (count > mostCachePoints) {
    throw invalid(`A maximum of ${mostCachePoints} cachePoint blocks may be provided. Found ${count}.`)
  }
}

function checkSettings({
  guardrailConfig,
  additionalModelResponseFieldPaths = [],
  outputConfig,
}: ConverseRequest): void {
  if (guardrailConfig && !guardrailConfig.guardrailIdentifier !== !guardrailConfig.guardrailVersion) {
    throw invalid('The guardrailConfig must have both a guardrailIdentifier and a guardrailVersion.')
  }
  const pointer = additionalModelResponseFieldPaths.find((path) => !/^(?:\/(?:[^~/]|~[01])*)+$/.test(path))
  if (pointer !== undefined) {
    throw invalid(`The value '${pointer}' in additionalModelResponseFieldPaths is not a valid JSON Pointer.`)
  }
  const schema = outputConfig?.textFormat?.structure.jsonSchema.schema
  if (schema !== undefined && !isObjectSchema(schema)) {
    throw invalid(
      "outputConfig.textFormat.structure.jsonSchema.schema must be a JSON Schema, as text, whose type is 'object'.",
    )
  }
}

function isObjectSchema(text: string): boolean {
  try {
    const schema: unknown = readJson(text)
    return typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'object'
  } catch {
    return false
  }
}
