/** What tools and the choice among them must be to one another. https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview */
import type { Rule } from './check-request.ts'
import { invalid, invalidAt } from './errors.ts'
import type { Tool } from './request-schema.ts'

/** What a tool is called. A toolset goes by its type. */
export const toolName = (tool: Tool) => tool.name ?? tool.type ?? ''

export const checkTools: Rule = ({ tools = [], tool_choice: choice }, { rules }) => {
  const names = tools.map(toolName)
  if (new Set(names).size < names.length) return invalid('tools: Tool names must be unique.')
  if (choice && tools.length === 0) return invalid('tool_choice: may only be specified while providing `tools`')
  if (choice?.type === 'tool' && !names.includes(choice.name)) {
    return invalid(`tool_choice: Tool '${choice.name}' not found in provided tools`)
  }
  if ((choice?.type === 'tool' || choice?.type === 'any') && !rules.forcedTools) {
    return invalid('tool_choice: type "tool" and "any" are not supported for this model.')
  }
  const both = tools.findIndex((tool) => has(tool, 'allowed_domains') && has(tool, 'blocked_domains'))
  if (both >= 0) return invalidAt(`tools.${both}`, 'only one of `allowed_domains` and `blocked_domains` may be given')
  const marked = tools.findIndex((tool) => has(tool, 'defer_loading') && tool.cache_control)
  if (marked >= 0) return invalidAt(`tools.${marked}`, 'a tool with `defer_loading` cannot have `cache_control`')
  return undefined
}

const has = (tool: Tool, field: string) => Boolean((tool as Record<string, unknown>)[field])
