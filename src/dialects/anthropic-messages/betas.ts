/** Features that have to be asked for by name. https://platform.claude.com/docs/en/api/beta-headers */
import type { Addressee, EncodedRequest } from '../../core/dialect.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Encoding } from './encoding.ts'

/** The betas of the client and those that a request needs, each once. */
export function allBetas(target: Addressee, needed: Iterable<string>): string[] {
  const given = target.header('anthropic-beta')?.split(',') ?? []
  return [...new Set([...given.map((beta) => beta.trim()).filter((beta) => beta !== ''), ...needed])]
}

/** The body with the betas told where the host wants them. */
export function withBetas(body: JsonObject, { host, target, betas }: Encoding): EncodedRequest {
  const all = allBetas(target, betas)
  if (all.length === 0) return { body }
  if (host.betasInBody) return { body: { ...body, anthropic_beta: all } }
  return { body, headers: { 'anthropic-beta': all.join(',') } }
}
