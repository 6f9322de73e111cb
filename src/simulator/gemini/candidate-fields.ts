/**
 * What a candidate says of itself beside its content: how safe it is, where it comes from, how likely it was.
 * https://ai.google.dev/api/generate-content#candidate
 */
import { likelihoodsOf } from '../logprobs.ts'
import type { Service } from './request-messages.ts'

const categories = ['SEXUALLY_EXPLICIT', 'HATE_SPEECH', 'HARASSMENT', 'DANGEROUS_CONTENT']

/** Ratings of a content that was found dangerous. Vertex AI gives scores as well. */
export function ratingsOf(service: Service): object[] {
  return categories.map((category) => {
    const blocked = category === 'DANGEROUS_CONTENT'
    const level = blocked ? 'HIGH' : 'NEGLIGIBLE'
    const score = blocked ? 0.9 : 0.1
    const scores = { probabilityScore: score, severity: `HARM_SEVERITY_${level}`, severityScore: score }
    return {
      category: `HARM_CATEGORY_${category}`,
      probability: level,
      ...(service === 'vertex' && scores),
      ...(blocked && { blocked: true }),
    }
  })
}

const page = { uri: 'https://example.com/page', title: 'Simulated page' }

/** The web page that the last word is said to come from. Places are counted in bytes. */
export function groundingOf(text: string, service: Service): object {
  const start = text.trimEnd().lastIndexOf(' ') + 1
  const segment = {
    // A zero is left out, as everywhere.
    ...(start > 0 && { startIndex: Buffer.byteLength(text.slice(0, start)) }),
    endIndex: Buffer.byteLength(text),
    text: text.slice(start),
  }
  const scores = service === 'vertex' ? { confidenceScores: [0.9] } : {}
  return {
    searchEntryPoint: { renderedContent: '<div>simulated</div>' },
    groundingChunks: [{ web: { ...page, ...(service === 'vertex' && { domain: 'example.com' }) } }],
    groundingSupports: [{ segment, groundingChunkIndices: [0], ...scores }],
    webSearchQueries: [text.slice(0, 60)],
  }
}

/** What was recited. The two services call the list by different names. */
export function citationsOf(text: string, service: Service): object {
  const source = {
    ...(service === 'vertex' && { title: page.title }),
    startIndex: 1,
    endIndex: Buffer.byteLength(text),
    uri: page.uri,
  }
  return service === 'vertex' ? { citations: [source] } : { citationSources: [{ ...source, license: '' }] }
}

interface LikelyToken {
  token: string
  tokenId: number
  logProbability: number
}

/** How likely each token was, with `top` that could have stood there. */
export function likelihoodFields(text: string, top: number): Record<string, unknown> {
  const tokens = likelihoodsOf(text, top)
  const write = ({ token, logprob }: { token: string; logprob: number }): LikelyToken => ({
    token,
    tokenId: token.codePointAt(0) ?? 0,
    logProbability: logprob,
  })
  const sum = tokens.reduce((total, { logprob }) => total + logprob, 0)
  return {
    avgLogprobs: sum / tokens.length,
    logprobsResult: {
      topCandidates: tokens.map(({ top_logprobs: others }) => ({ candidates: others.map(write) })),
      chosenCandidates: tokens.map(write),
    },
  }
}
