/** What a choice among tools comes to. */
import type { ChatRequest, Tool, ToolChoice } from './chat.ts'
import { unsupported } from './refuse.ts'

/** Must a tool be called? */
export function isForced(choice: ToolChoice | undefined): boolean {
  return (
    choice?.mode === 'required' ||
    choice?.mode === 'tool' ||
    choice?.mode === 'server' ||
    (choice?.mode === 'allowed' && choice.among === 'required')
  )
}

/**
 * Does a choice among some tools leave out one that the provider runs itself? Then the answer does without it, and a provider that has no
 * such tool can give it.
 */
export function leavesOut(choice: ToolChoice | undefined, { type, value }: Tool & { kind: 'server' }): boolean {
  if (choice?.mode !== 'allowed' || choice.servers === undefined) return false
  return !choice.servers.some(
    (named) => named.type === type && (named.value['server_label'] ?? null) === (value['server_label'] ?? null),
  )
}

/** Some wires take an empty list of tools, and wishes that change nothing where there are none; to others they are faults. Left out they mean the same. */
export function withoutIdleWishes(request: ChatRequest): ChatRequest {
  const { tools = [], toolChoice, parallelToolCalls: _, ...rest } = request
  if (tools.length > 0) return request
  const isIdle = toolChoice === undefined || toolChoice.mode === 'auto' || toolChoice.mode === 'none'
  return isIdle ? rest : request
}

/** For wires that cannot ask for a tool of the provider's own by its type. */
export function refuseServerChoice(choice: ToolChoice | undefined): void {
  if (choice?.mode !== 'server') return
  throw unsupported(
    'tool_choice',
    `asks for a tool of type ${choice.type}, which this provider cannot be made to use`,
    'Use "auto", or choose another provider',
  )
}
