/** How many marks for the cache there may be, and in which order. https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
import { type PlacedBlock, placedBlocks } from './blocks.ts'
import type { Rule } from './check-request.ts'
import { invalid, invalidAt } from './errors.ts'
import type { CacheControl, MessagesRequest } from './request-schema.ts'

/** A mark, and where it stands. */
export interface Mark {
  place: string
  ttl: '5m' | '1h'
}

type Markable = { cache_control?: CacheControl | null | undefined }

function markOf(holder: object, place: string): Mark[] {
  const { cache_control: control } = holder as Markable
  return control ? [{ place: `${place}.cache_control`, ttl: control.ttl ?? '5m' }] : []
}

/** All marks, in the order the prompt is put together: tools, system, messages. The one at the top stands at the end. */
export function marksOf(request: MessagesRequest): Mark[] {
  const { tools = [], system } = request
  return [
    ...tools.flatMap((tool, index) => markOf(tool, `tools.${index}`)),
    ...(Array.isArray(system) ? system.flatMap((block, index) => markOf(block, `system.${index}`)) : []),
    ...[...placedBlocks(request, true)].flatMap(({ block, place }: PlacedBlock) => markOf(block, place)),
    ...markOf(request, ''),
  ]
}

const mostMarks = 4

export const checkCaching: Rule = (request) => {
  const marks = marksOf(request)
  if (marks.length > mostMarks) {
    return invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${marks.length}.`)
  }
  const short = marks.findIndex(({ ttl }) => ttl === '5m')
  const late = short < 0 ? undefined : marks.slice(short).find(({ ttl }) => ttl === '1h')
  if (!late) return undefined
  return invalidAt(late.place, "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block")
}
