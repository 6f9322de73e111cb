/**
 * Refuses the generateContent requests that the real service would refuse: first what cannot be read, then what its parts must be by
 * themselves and to one another. https://ai.google.dev/api/generate-content
 */
import { checkConfig } from './check-config.ts'
import { checkContents } from './check-contents.ts'
import { checkTools } from './check-tools.ts'
import { failure, invalidArgument, unreadable } from './errors.ts'
import type { GeminiRules } from './generation.ts'
import { type MessageType, readMessage } from './proto-json.ts'
import type { Content, GenerateContentRequest } from './request.ts'
import { messagesOf, packageOf, type Service } from './request-messages.ts'

export interface Checks {
  service: Service
  rules: GeminiRules
  /** Unknown fields are to be let through. */
  lenient: boolean
}

/** The request, or a `Refused` thrown. */
export function checkRequest(body: unknown, checks: Checks): GenerateContentRequest {
  const message = read(body, messagesOf[checks.service].generateContent, checks)
  return checkGenerateContent(message, checks)
}

/** What is to be counted: contents alone, or a whole request. */
export function checkCountRequest(body: unknown, checks: Checks): GenerateContentRequest {
  const message = read(body, messagesOf[checks.service].countTokens, checks)
  const whole = message['generateContentRequest'] as Record<string, unknown> | undefined
  if (whole && 'contents' in message) {
    throw invalidArgument('* CountTokensRequest.contents: must not be set together with generate_content_request.')
  }
  if (whole && whole['model'] === undefined) {
    throw invalidArgument('* CountTokensRequest.generate_content_request.model: model is required.')
  }
  return checkGenerateContent(whole ?? message, checks)
}

function read(body: unknown, type: MessageType, { service, lenient }: Checks): Record<string, unknown> {
  const { message, violations } = readMessage(body, type, { package: packageOf[service], lenient })
  if (violations.length > 0) throw unreadable(violations)
  return message
}

function checkGenerateContent(message: Record<string, unknown>, { rules }: Checks): GenerateContentRequest {
  const request = { contents: [], ...message } as unknown as GenerateContentRequest
  if (request.contents.length === 0)
    throw invalidArgument('* GenerateContentRequest.contents: contents is not specified')
  checkContents(request.contents, rules)
  checkSystem(request.systemInstruction)
  checkTools(request, rules)
  checkConfig(request.generationConfig ?? {}, rules)
  checkSafety(request)
  checkCache(request)
  return request
}

/** Only text instructs. */
function checkSystem(system: Content | undefined): void {
  if (!system) return
  if (!system.parts?.length)
    throw invalidArgument('* GenerateContentRequest.system_instruction.parts: contents.parts must not be empty.')
  const index = system.parts.findIndex(({ text }) => text === undefined)
  if (index >= 0)
    throw invalidArgument(
      `* GenerateContentRequest.system_instruction.parts[${index}]: system instructions take text only.`,
    )
}

function checkSafety({ safetySettings = [] }: GenerateContentRequest): void {
  for (const [index, { category = 'HARM_CATEGORY_UNSPECIFIED' }] of safetySettings.entries()) {
    const place = `* GenerateContentRequest.safety_settings[${index}]`
    if (category === 'HARM_CATEGORY_UNSPECIFIED') throw invalidArgument(`${place}.category: element predicate failed`)
    const twice = safetySettings.findIndex((other) => other.category === category) < index
    if (twice)
      throw invalidArgument(`${place}: there must be at most one setting for each category, ${category} has two.`)
  }
}

/** What a cache holds cannot be said again. Caches are not kept here: any name in their form is taken for one. */
function checkCache({ cachedContent, systemInstruction, tools, toolConfig }: GenerateContentRequest): void {
  if (cachedContent === undefined) return
  if (!/^(?:projects\/[^/]+\/locations\/[^/]+\/)?cachedContents\/[\w-]+$/.test(cachedContent)) {
    throw failure(403, 'CachedContent not found (or permission denied)')
  }
  if (systemInstruction ?? tools ?? toolConfig) {
    throw invalidArgument(
      'CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.\n\nProposed fix: move those values to CachedContent from GenerateContent request.',
    )
  }
}
