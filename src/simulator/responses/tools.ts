/** Which of the tools of a request may be called, and whether one must be. https://platform.openai.com/docs/guides/function-calling */
import type { ResponseRequest } from './request-schema.ts'
import type { Tool, ToolChoice } from './tool-schema.ts'

/** A tool as a choice names it. */
type Named = { type?: unknown; name?: unknown; server_label?: unknown }

/** The kind of a tool, whatever version of it is meant. */
export const kindOfTool = (type: string) => type.replace(/_\d{4}_\d{2}_\d{2}$/, '')

/** Functions and custom tools may stand in a namespace. */
export const allTools = (tools: readonly Tool[] | null | undefined): Tool[] =>
  (tools ?? []).flatMap((tool) => (tool.type === 'namespace' ? (tool.tools ?? []) : [tool]))

/** The tools that a choice names. */
export const namedBy = (choice: Exclude<ToolChoice, string>): readonly Named[] => choice.tools ?? [choice]

/** Whether a choice means this tool. */
export function isMeant({ type, name, server_label }: Named, tool: Tool): boolean {
  if (kindOfTool(String(type)) !== kindOfTool(tool.type)) return false
  if (tool.type === 'mcp') return server_label === undefined || server_label === tool['server_label']
  return tool.name === undefined || name === tool.name
}

/** The tools that may be called: all, those that are allowed, or the one that is named. */
export function toolsOffered({ tools, tool_choice: choice }: ResponseRequest): Tool[] {
  const offered = allTools(tools)
  if (choice === 'none') return []
  if (choice == null || typeof choice === 'string') return offered
  const named = namedBy(choice)
  return offered.filter((tool) => named.some((one) => isMeant(one, tool)))
}

/** Whether some tool must be called. */
export function mustCall({ tool_choice: choice }: ResponseRequest): boolean {
  if (choice == null || choice === 'none' || choice === 'auto') return false
  return typeof choice === 'string' || choice.mode !== 'auto'
}
