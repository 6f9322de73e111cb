/** Token counts. https://ai.google.dev/api/generate-content#UsageMetadata */
import { unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { countOf, defined, notEmpty, objectOf, objectsOf, tableOf, textOf } from '../../core/wire.ts'

const names = {
  promptTokenCount: true,
  candidatesTokenCount: true,
  thoughtsTokenCount: true,
  cachedContentTokenCount: true,
  totalTokenCount: true,
  trafficType: true,
  serviceTier: true,
} as const

/** Counts by what was counted. */
interface Modalities {
  text?: number
  audio?: number
  image?: number
}

/** A document is read as pictures of its pages, and costs what they cost. */
const modalities = tableOf<keyof Modalities>({
  MODALITY_UNSPECIFIED: 'text',
  TEXT: 'text',
  AUDIO: 'audio',
  IMAGE: 'image',
  DOCUMENT: 'image',
})

/** Undefined when nothing was counted. What tools brought in is input, what was thought is output: both stand beside the rest here. */
export function decodeUsage(wire: Json | undefined): Usage | undefined {
  const counts = objectOf(wire)
  if (counts === undefined) return undefined
  const prompt = countOf(counts['promptTokenCount'])
  const fromTools = countOf(counts['toolUsePromptTokenCount']) ?? 0
  const thoughts = countOf(counts['thoughtsTokenCount'])
  const candidates = countOf(counts['candidatesTokenCount'])
  const total = countOf(counts['totalTokenCount'])
  if (prompt === undefined && candidates === undefined && total === undefined) return undefined
  const inputTokens = (prompt ?? 0) + fromTools
  const written = candidates ?? Math.max(0, (total ?? 0) - inputTokens - (thoughts ?? 0))
  const outputTokens = written + (thoughts ?? 0)
  return defined({
    inputTokens,
    outputTokens,
    totalTokens: total ?? inputTokens + outputTokens,
    input: notEmpty({
      ...counted(counts['promptTokensDetails'], counts['toolUsePromptTokensDetails']),
      cachedRead: countOf(counts['cachedContentTokenCount']),
      ...cachedParts(counts['cacheTokensDetails']),
    }),
    output: notEmpty({ ...counted(counts['candidatesTokensDetails']), reasoning: thoughts }),
    extra: unplaced(counts),
  })
}

function counted(...lists: (Json | undefined)[]): Modalities {
  const parts: Modalities = {}
  for (const { modality, tokenCount } of lists.flatMap(objectsOf)) {
    const part = modalities[textOf(modality) ?? '']
    if (part !== undefined) parts[part] = (parts[part] ?? 0) + (countOf(tokenCount) ?? 0)
  }
  return parts
}

function cachedParts(list: Json | undefined): { cachedAudio: number | undefined; cachedImage: number | undefined } {
  const { audio, image } = counted(list)
  return { cachedAudio: audio, cachedImage: image }
}

const detailNames = [
  'promptTokensDetails',
  'toolUsePromptTokensDetails',
  'candidatesTokensDetails',
  'cacheTokensDetails',
] as const

/** What has no place of its own: counts nobody knows, and details that count something else, such as video. */
function unplaced(counts: JsonObject): Usage['extra'] {
  const placed = detailNames.filter((name) =>
    objectsOf(counts[name]).every(({ modality }) => modalities[textOf(modality) ?? ''] !== undefined),
  )
  return unknownFields(counts, { ...names, ...Object.fromEntries(placed.map((name) => [name, true])) })
}

/** The same in OpenAI's words, of the Gemini API (`serviceTier`) and of Vertex AI (`trafficType`). */
const tiers = tableOf<string>({
  standard: 'default',
  ON_DEMAND: 'default',
  ON_DEMAND_PRIORITY: 'priority',
  ON_DEMAND_FLEX: 'flex',
  PROVISIONED_THROUGHPUT: 'provisioned',
})

/** How the request was served. */
export function serviceTierOf(wire: Json | undefined): string | undefined {
  const counts = objectOf(wire)
  const word = textOf(counts?.['serviceTier']) ?? textOf(counts?.['trafficType'])
  if (word === undefined || /unspecified/i.test(word)) return undefined
  return tiers[word] ?? word.toLowerCase()
}
