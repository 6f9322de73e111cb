/** Lists of items, a page at a time. https://platform.openai.com/docs/api-reference/responses/input-items */
import { invalidRequest } from '../../core/errors.ts'
import { type ExtraFields, extraFieldsJson } from '../../core/extra-fields.ts'
import { shortened } from '../../core/shortened.ts'
import type { Page, PageWish } from '../../responses/desk.ts'
import { shownItem } from './shown-item.ts'

const longest = 100
const usual = 20

/** Throws `invalid-request` naming the parameter. */
export function readPageWish(query: URLSearchParams): PageWish {
  return {
    after: query.get('after') ?? undefined,
    before: query.get('before') ?? undefined,
    limit: readLimit(query.get('limit')),
    order: readOrder(query.get('order')),
  }
}

function readLimit(text: string | null): number {
  if (text === null) return usual
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= longest) return limit
  throw unfit('limit', text, `a whole number from 1 to ${longest}`)
}

function readOrder(text: string | null): PageWish['order'] {
  if (text === null || text === 'desc') return 'descending'
  if (text === 'asc') return 'ascending'
  throw unfit('order', text, 'asc or desc')
}

function unfit(name: string, found: string, expected: string): Error {
  return invalidRequest(`Invalid query parameter ${name}: found '${shortened(found)}', expected ${expected}.`, name)
}

export function pageText({ items, hasMore }: Page, extra: ExtraFields): string {
  const [first, last] = [items[0], items.at(-1)]
  // A list of nothing has no ids, and by OpenAI's types they are texts.
  const told = { first_id: first?.id ?? '', last_id: last?.id ?? '', has_more: hasMore }
  const rest = JSON.stringify({ ...told, extra_fields: extraFieldsJson(extra) })
  return `{"object":"list","data":[${items.map(({ text }) => shownItem(text)).join(',')}],${rest.slice(1)}`
}
