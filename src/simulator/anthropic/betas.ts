/** The beta features there are, and which fields need one. https://platform.claude.com/docs/en/api/beta-headers */
import { invalid } from './errors.ts'

const known = new Set([
  // `advanced-tool-use`, `claude-code` and `per-turn-control` are sent by Claude Code 2.1, whether documented or not.
  'advanced-tool-use-2025-11-20',
  'advisor-tool-2026-03-01',
  'cache-diagnosis-2026-04-07',
  'claude-code-20250219',
  'code-execution-2025-05-22',
  'code-execution-2025-08-25',
  'compact-2026-01-12',
  'compact-2026-09-04',
  'computer-use-2024-10-22',
  'computer-use-2025-01-24',
  'computer-use-2025-11-24',
  'context-1m-2025-08-07',
  'context-management-2025-06-27',
  'dev-full-thinking-2025-05-14',
  'extended-cache-ttl-2025-04-11',
  'fallback-credit-2026-06-01',
  'fallback-credit-2026-07-01',
  'fast-mode-2026-02-01',
  'files-api-2025-04-14',
  'fine-grained-tool-streaming-2025-05-14',
  'inline-tools-2026-09-15',
  'interleaved-thinking-2025-05-14',
  'mcp-client-2025-04-04',
  'mcp-client-2025-11-20',
  'mcp-client-2026-09-15',
  'message-threads-2026-08-12',
  'mid-conversation-output-config-2026-07-01',
  'mid-conversation-system-clear-at-2026-08-21',
  'mid-conversation-tool-changes-2026-07-01',
  'model-context-window-exceeded-2025-08-26',
  'output-128k-2025-02-19',
  'output-300k-2026-03-24',
  'pdfs-2024-09-25',
  'per-turn-control-2026-07-01',
  'prompt-caching-2024-07-31',
  'server-side-fallback-2026-06-01',
  'server-side-fallback-2026-07-01',
  'skills-2025-10-02',
  'structured-outputs-2025-11-13',
  'task-budgets-2026-03-13',
  'thinking-binding-controls-2026-08-01',
  'thinking-display-updates-2026-08-18',
  'thinking-token-count-2026-05-13',
  'token-counting-2024-11-01',
  'token-efficient-tools-2025-02-19',
  'user-profiles-2026-03-24',
  'user-profiles-billing-2026-10-01',
  'web-fetch-2025-09-10',
])

/** Fields that are unknown without one of these betas, by their place. A star stands for any tag or index. */
const needed: Record<string, readonly string[]> = {
  billing_policy: ['user-profiles-billing-2026-10-01'],
  compaction: ['compact-2026-09-04'],
  context_management: ['context-management-2025-06-27', 'compact-2026-01-12'],
  fallback_credit_token: ['fallback-credit-2026-06-01', 'fallback-credit-2026-07-01'],
  fallbacks: ['server-side-fallback-2026-06-01', 'server-side-fallback-2026-07-01'],
  mcp_servers: ['mcp-client-2025-04-04', 'mcp-client-2025-11-20', 'mcp-client-2026-09-15'],
  output_format: ['structured-outputs-2025-11-13'],
  thread: ['message-threads-2026-08-12'],
  'output_config.task_budget': ['task-budgets-2026-03-13'],
  'thinking.block_binding': ['thinking-binding-controls-2026-08-01'],
}

/** The names of the fields at the top that need a beta. */
export const betaFields = Object.keys(needed).filter((field) => !field.includes('.'))

/** The betas a header or a body names. Unknown ones are refused. */
export function readBetas(value: string | readonly string[] | undefined): ReadonlySet<string> {
  const betas = [value ?? []]
    .flat()
    .flatMap((text) => text.split(','))
    .map((beta) => beta.trim())
    .filter((beta) => beta !== '')
  const strangers = betas.filter((beta) => !known.has(beta))
  if (strangers.length > 0) {
    const list = strangers.map((beta) => `\`${beta}\``).join(', ')
    throw invalid(`Unexpected value(s) ${list} for the \`anthropic-beta\` header.`)
  }
  return new Set(betas)
}

/** Whether a field at this place may be there. */
export function isUnlocked(place: string, betas: ReadonlySet<string>): boolean {
  return needed[place]?.some((beta) => betas.has(beta)) ?? true
}
