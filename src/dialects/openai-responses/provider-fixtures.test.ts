/** What goes to providers, and what they answer, case by case in `fixtures/`; see walk-fixtures.conformance.ts. */

import { walkFixtures } from '../walk-fixtures.conformance.ts'
import { openaiResponses } from './provider.ts'
import type { Quirks } from './quirks.ts'

const variants: Readonly<Record<string, Quirks>> = {
  openai: { minimumMaxTokens: 16, maximumUserLength: 64, sealing: /^gpt-5/ },
  open: {
    reasoningBack: 'text',
    checksItemIds: false,
    developerRole: 'system',
    efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
    summaries: false,
  },
}

walkFixtures(new URL('./fixtures/', import.meta.url), (variant = 'openai') => openaiResponses(variants[variant]))
