/**
 * What blocks must hold, and in whose messages they may stand. https://platform.claude.com/docs/en/build-with-claude/vision,
 * https://platform.claude.com/docs/en/build-with-claude/pdf-support, https://platform.claude.com/docs/en/api/versioning
 */
import type { Refused } from '../errors.ts'
import { type BlockOf, type PlacedBlock, placedBlocks } from './blocks.ts'
import type { Rule, Strictness } from './check-request.ts'
import { invalid, invalidAt } from './errors.ts'
import type { ContentBlock, MessagesRequest } from './request-schema.ts'

export const checkBlocks: Rule = (request, strictness) => {
  const refusal = checkSystem(request)
  if (refusal) return refusal
  for (const placed of placedBlocks(request, true)) {
    for (const check of checks) {
      const refused = check(placed, strictness)
      if (refused) return refused
    }
  }
  return checkCitations(request)
}

function checkSystem({ system }: MessagesRequest): Refused | undefined {
  if (system === undefined || typeof system === 'string') return undefined
  return system.some(({ text }) => text === '') ? invalid('system: text content blocks must be non-empty') : undefined
}

const onlyFrom: Partial<Record<ContentBlock['type'], 'user' | 'assistant'>> = {
  tool_use: 'assistant',
  thinking: 'assistant',
  redacted_thinking: 'assistant',
  server_tool_use: 'assistant',
  tool_result: 'user',
  image: 'user',
  search_result: 'user',
  container_upload: 'user',
}

type BlockCheck = (placed: PlacedBlock, strictness: Strictness) => Refused | undefined

const checks: readonly BlockCheck[] = [checkSpeaker, checkText, checkVersion, checkMedia, checkToolError]

function checkSpeaker({ block, place, role }: PlacedBlock): Refused | undefined {
  const speaker = onlyFrom[block.type]
  if (speaker === undefined || role === speaker) return undefined
  return invalidAt(place, `\`${block.type}\` blocks can only be in \`${speaker}\` messages`)
}

function checkText({ block }: PlacedBlock): Refused | undefined {
  if (block.type !== 'text') return undefined
  if (block.text === '') return invalid('messages: text content blocks must be non-empty')
  return block.text.trim() === ''
    ? invalid('messages: text content blocks must contain non-whitespace text')
    : undefined
}

function checkVersion({ block, place, role }: PlacedBlock, { form }: Strictness): Refused | undefined {
  if (form !== '2026-10-21') return undefined
  if (block.type === 'document' && role === 'assistant') {
    return invalidAt(place, '`document` blocks are not permitted in `assistant` messages')
  }
  const texts = block.type === 'search_result' ? block.content : [block]
  const cites = texts.some((text) => text.type === 'text' && text.citations && text.citations.length > 0)
  return cites && role === 'user' ? invalidAt(place, '`citations` are not permitted in `user` messages') : undefined
}

function checkMedia({ block, place }: PlacedBlock): Refused | undefined {
  if (block.type === 'image') return checkImage(block, `${place}.image.source`)
  if (block.type !== 'document') return undefined
  return checkDocument(block, `${place}.document.source`)
}

/** How the files of each type begin; a dot stands for any letter. */
const beginnings = [
  ['image/png', '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', '\xff\xd8\xff'],
  ['image/gif', 'GIF87a'],
  ['image/gif', 'GIF89a'],
  ['image/webp', 'RIFF....WEBP'],
] as const

const beginsWith = (text: string, beginning: string) =>
  [...beginning].every((letter, index) => letter === '.' || text[index] === letter)

function checkImage({ source }: BlockOf<'image'>, place: string): Refused | undefined {
  if (source.type === 'url') return checkUrl(source.url, place)
  if (source.type !== 'base64') return undefined
  const start = decoded(source.data)
  if (start === undefined) return notBase64(place)
  const seen = beginnings.find(([, beginning]) => beginsWith(start, beginning))?.[0]
  if (seen === undefined) return invalidAt(`${place}.base64.data`, 'Could not process image')
  if (seen === source.media_type) return undefined
  return invalidAt(
    `${place}.base64`,
    `The image was specified using the ${source.media_type} media type, but the image appears to be a ${seen} image`,
  )
}

function checkDocument({ source }: BlockOf<'document'>, place: string): Refused | undefined {
  if (source.type === 'url') return checkUrl(source.url, place)
  if (source.type !== 'base64') return undefined
  const start = decoded(source.data)
  if (start === undefined) return notBase64(place)
  return start.startsWith('%PDF-') ? undefined : invalidAt(`${place}.base64.data`, 'The PDF specified was not valid.')
}

function checkUrl(url: string, place: string): Refused | undefined {
  return /^https:\/\/./i.test(url) ? undefined : invalidAt(`${place}.url.url`, 'Only HTTPS URLs are supported.')
}

const notBase64 = (place: string) => invalidAt(`${place}.base64.data`, 'Invalid base64 data')

/** The first bytes, a letter each, or undefined where the text is no base64. */
function decoded(data: string): string | undefined {
  if (data === '' || data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) return undefined
  return Buffer.from(data.slice(0, 64), 'base64').toString('latin1')
}

function checkToolError({ block, place }: PlacedBlock): Refused | undefined {
  if (block.type !== 'tool_result' || !block.is_error || !Array.isArray(block.content)) return undefined
  const onlyText = block.content.every(({ type }) => type === 'text')
  return onlyText ? undefined : invalidAt(place, 'all content must be type `text` if `is_error` is true')
}

/** https://platform.claude.com/docs/en/build-with-claude/citations */
function checkCitations(request: MessagesRequest): Refused | undefined {
  const documents = [...placedBlocks(request)].flatMap(({ block }) => (block.type === 'document' ? [block] : []))
  const citing = documents.filter(({ citations }) => citations?.enabled === true)
  if (citing.length === 0) return undefined
  if (citing.length < documents.length) {
    return invalid('messages: citations must be enabled on all documents of a request or on none')
  }
  return request.output_config?.format
    ? invalid('output_config.format: structured outputs cannot be used with citations enabled')
    : undefined
}
