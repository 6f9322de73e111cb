/** The models as Anthropic lists them. https://platform.claude.com/docs/en/api/models/list */
import { findModel, models } from '../behaviours.ts'
import { type ClaudeRules, claudes, rulesOf } from './claude.ts'

const names = [...claudes, ...models.map(({ form }) => form.replace('<words>', '100'))]

/** A page of the list, as `limit`, `after_id` and `before_id` ask for it. */
export function modelPage(query: URLSearchParams) {
  const limit = Math.min(1000, Math.max(1, Number(query.get('limit') ?? 20) || 20))
  const after = names.indexOf(query.get('after_id') ?? '') + 1
  const before = names.indexOf(query.get('before_id') ?? '')
  const start = before >= 0 ? Math.max(0, before - limit) : after
  const page = names.slice(start, before >= 0 ? before : start + limit)
  return {
    data: page.map(modelObject),
    first_id: page[0] ?? null,
    last_id: page.at(-1) ?? null,
    has_more: before >= 0 ? start > 0 : start + page.length < names.length,
  }
}

/** One model. A name that is none is refused. */
export function modelObject(id: string) {
  findModel(id.split('+')[0]!)
  const rules = rulesOf(id)
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: '2026-01-01T00:00:00Z',
    deprecated_at: null,
    retires_at: null,
    lifecycle: 'active',
    line: /^claude-(haiku|sonnet|opus|fable|mythos)/.exec(id)?.[1] ?? null,
    max_input_tokens: 1_000_000,
    max_tokens: Number.isFinite(rules.mostTokens) ? rules.mostTokens : 128_000,
    capabilities: capabilitiesOf(rules),
  }
}

const able = (supported: boolean) => ({ supported })

function capabilitiesOf(rules: ClaudeRules) {
  const effort = (level: ClaudeRules['effort']) => able(rules.efforts.includes(level))
  return {
    batch: able(false),
    citations: able(true),
    code_execution: able(false),
    context_management: {
      supported: false,
      clear_thinking_20251015: null,
      clear_tool_uses_20250919: null,
      compact_20260112: null,
    },
    effort: {
      supported: rules.efforts.length > 0,
      low: effort('low'),
      medium: effort('medium'),
      high: effort('high'),
      xhigh: effort('xhigh'),
      max: effort('max'),
    },
    image_input: able(true),
    pdf_input: able(true),
    server_tools: { supported: true, code_execution: able(false), web_search: able(true) },
    structured_outputs: able(true),
    thinking: {
      supported: rules.budget || rules.adaptive,
      types: {
        adaptive: able(rules.adaptive),
        between_tools: able(rules.off === 'between_tools'),
        disabled: able(rules.off === 'disabled' || rules.off === 'disabled-up-to-high'),
        enabled: able(rules.budget),
      },
    },
  }
}
