/**
 * Tools that other providers run and that Anthropic has as well, by its names for them.
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools
 */
import type { Tool } from '../../core/chat.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { defined, listOf, numberOf, objectOf, tableOf, textOf } from '../../core/wire.ts'
import type { Encoding } from './encoding.ts'

type ServerTool = Tool & { kind: 'server' }

/** Undefined: it is Anthropic's own, or nobody's here. https://platform.openai.com/docs/guides/tools */
export function counterpartOf(tool: ServerTool, path: string, encoding: Encoding): ServerTool | undefined {
  const { type: _, ...options } = tool.value
  const value = counterparts[tool.type]?.(options, path, encoding)
  return value && { kind: 'server', type: textOf(value['type']) ?? '', value }
}

const counterparts = tableOf<(options: JsonObject, path: string, encoding: Encoding) => JsonObject>({
  web_search: searchTool,
  web_search_preview: searchTool,
  web_fetch: fetchTool,
  code_interpreter: codeTool,
})

function searchTool(options: JsonObject, path: string, encoding: Encoding): JsonObject {
  const { external_web_access, ...rest } = options
  if (external_web_access === false)
    throw unsupported(`${path}.external_web_access`, 'is false, which this provider cannot keep to', 'Leave it out')
  return encodeWebSearch(rest, path, encoding)
}

function fetchTool({ max_uses, max_content_tokens, filters, ...rest }: JsonObject, path: string, encoding: Encoding) {
  for (const name in rest) encoding.dropped.push(`${path}.${name}`)
  return defined({
    type: 'web_fetch_20250910',
    name: 'web_fetch',
    max_uses: numberOf(max_uses),
    max_content_tokens: numberOf(max_content_tokens),
    ...domainsOf(filters),
  })
}

/** A machine to run code on, which is new for each answer here: files and machines of another provider are not to be had. */
function codeTool({ container, ...rest }: JsonObject, path: string, encoding: Encoding): JsonObject {
  const { type, file_ids, ...limits } = objectOf(container) ?? {}
  if (textOf(container) !== undefined || (type !== undefined && type !== 'auto') || (listOf(file_ids)?.length ?? 0) > 0)
    throw unsupported(
      `${path}.container`,
      'names a container or files that another provider keeps',
      'Use {"type":"auto"} without files, or choose that provider',
    )
  if (limits['network_policy'] != null)
    throw unsupported(`${path}.container.network_policy`, 'is a rule that this provider cannot keep', 'Leave it out')
  for (const name in limits) encoding.dropped.push(`${path}.container.${name}`)
  for (const name in rest) encoding.dropped.push(`${path}.${name}`)
  return { type: 'code_execution_20250825', name: 'code_execution' }
}

function domainsOf(filters: Json | undefined): JsonObject {
  const domains = objectOf(filters)
  return defined({
    allowed_domains: listOf(domains?.['allowed_domains']),
    blocked_domains: listOf(domains?.['blocked_domains']),
  })
}

/** How often a search may be made, for how much of the web an answer is to draw on. */
const searches = tableOf<number>({ low: 1, medium: 5, high: 10 })

/** The search every host has that has any. https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool */
export function encodeWebSearch(options: JsonObject, path: string, encoding: Encoding): JsonObject {
  const { host, dropped } = encoding
  const type = 'web_search_20250305'
  if (host.lacksTools.some((beginning) => type.startsWith(beginning)))
    throw unsupported(
      path,
      `asks for a search of the web, which ${host.name} does not have`,
      'Leave it out, or choose another provider',
    )
  const { search_context_size, user_location, filters, ...rest } = options
  for (const name in rest) dropped.push(`${path}.${name}`)
  return defined({
    type,
    name: 'web_search',
    max_uses: searches[textOf(search_context_size) ?? ''],
    ...domainsOf(filters),
    user_location: encodeLocation(objectOf(user_location)),
  })
}

function encodeLocation(location: JsonObject | undefined): JsonObject | undefined {
  return location && { type: 'approximate', ...(objectOf(location['approximate']) ?? location) }
}
