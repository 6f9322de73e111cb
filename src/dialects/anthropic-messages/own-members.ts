/**
 * Members of the body that only this API has, which any client may give: as they are, or in `extra_params`. What depends on a beta says so.
 * https://platform.claude.com/docs/en/api/beta-headers
 */
import type { JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { listOf, objectOf, objectsOf, textOf } from '../../core/wire.ts'
import type { Encoding } from './encoding.ts'

/** The members, and the beta each needs, which may depend on its value. */
const ownMembers: Readonly<Record<string, ((value: JsonObject[string]) => string | undefined) | undefined>> = {
  cache_control: undefined,
  compaction: () => 'compact-2026-09-04',
  container: undefined,
  context_management: (value) =>
    objectsOf(objectOf(value)?.['edits']).some(({ type }) => textOf(type)?.startsWith('compact_'))
      ? 'compact-2026-01-12'
      : 'context-management-2025-06-27',
  diagnostics: undefined,
  inference_geo: undefined,
  // Servers that bring their own choice of tools are those of the first version.
  mcp_servers: (value) =>
    objectsOf(value).some((server) => server['tool_configuration'] !== undefined)
      ? 'mcp-client-2025-04-04'
      : 'mcp-client-2025-11-20',
  output_config: (value) => (objectOf(value)?.['task_budget'] === undefined ? undefined : taskBudgets),
  speed: (value) => (value === 'fast' ? 'fast-mode-2026-02-01' : undefined),
  task_budget: () => taskBudgets,
  thinking: undefined,
  thread: () => 'message-threads-2026-08-12',
}

const taskBudgets = 'task-budgets-2026-03-13'

/** Names by which clients give betas in the body. */
const betaLists = ['anthropic_beta', 'betas']

/** What was given beside the members that every wire has. */
export interface OwnMembers {
  /** For the body. */
  readonly body: JsonObject
  /** For `output_config`. */
  readonly outputConfig: JsonObject
  /** What is not of this API. */
  readonly rest: JsonObject
}

/** Sorts the unknown fields of a request; adds to the betas. `path` is where they stood. */
export function ownMembersOf(fields: JsonObject, encoding: Encoding, path: string): OwnMembers {
  const { host, betas, dropped } = encoding
  const body: JsonObject = {}
  const rest: JsonObject = {}
  for (const name in fields) {
    const value = fields[name]
    if (betaLists.includes(name)) {
      for (const beta of listOf(value) ?? []) if (typeof beta === 'string') betas.add(beta)
    } else if (!Object.hasOwn(ownMembers, name) || value === null || value === undefined) {
      rest[name] = value
    } else if (host.lacks[name] === 'refuse') {
      throw unsupported(`${path}${name}`, `is not known to ${host.name}`, 'Leave it out, or choose another provider')
    } else if (host.lacks[name] === 'drop') {
      dropped.push(`${path}${name}`)
    } else {
      body[name] = value
      const beta = ownMembers[name]?.(value)
      if (beta !== undefined) betas.add(beta)
    }
  }
  const { output_config, task_budget, ...members } = body
  const outputConfig = { ...objectOf(output_config), ...(task_budget !== undefined && { task_budget }) }
  return { body: members, outputConfig, rest }
}

/** Every server that is named has to have its set of tools; who names one without means all of them. */
export function toolsetsOf(servers: JsonObject[string], tools: readonly JsonObject[]): JsonObject[] {
  const there = new Set(tools.map((tool) => tool['mcp_server_name']))
  return objectsOf(servers)
    .filter((server) => server['tool_configuration'] === undefined && !there.has(server['name']))
    .map(({ name }) => ({ type: 'mcp_toolset', mcp_server_name: name }))
}
