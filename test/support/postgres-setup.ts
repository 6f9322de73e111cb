/**
 * For all test files together: one PostgreSQL, started when the first of them asks for it, so that a run without such tests does not wait for it. Says
 * what was started, and what was left out.
 */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import type { TestProject } from 'vitest/node'
import { findPostgres, type PostgresServer, startPostgres } from './postgres-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where to ask for the server. */
    postgresPort: number
  }
}

/** What a test file is told. */
export type Offer =
  | { readonly kind: 'server'; readonly url: string }
  | { readonly kind: 'none'; readonly reason: string }

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let offered: Promise<Offer> | undefined
  let started: PostgresServer | undefined
  const say = (text: string) => project.vitest.logger.log(text)

  async function offer(): Promise<Offer> {
    const given = process.env['DATABASE_URL']
    if (given !== undefined && given !== '') {
      say('PostgreSQL for tests: the one of DATABASE_URL')
      return { kind: 'server', url: given }
    }
    const binaries = findPostgres()
    if (binaries === undefined) return { kind: 'none', reason: 'no PostgreSQL on this machine, and no DATABASE_URL' }
    started = await startPostgres(binaries)
    say(`PostgreSQL for tests: started ${started.description}`)
    return { kind: 'server', url: started.url }
  }

  const server = await answering(async () => {
    offered ??= offer().catch((error: unknown) => ({ kind: 'none', reason: `PostgreSQL did not start: ${error}` }))
    return offered
  })
  project.provide('postgresPort', (server.address() as AddressInfo).port)
  return async () => {
    const last = await offered
    if (last?.kind === 'none') say(`LEFT OUT: tests on PostgreSQL: ${last.reason}`)
    server.close()
    await started?.remove()
  }
}

/** Each connection is told the answer as JSON. */
async function answering(answer: () => Promise<Offer>): Promise<Server> {
  const server = createServer(async (socket) => {
    socket.on('error', () => {})
    socket.end(JSON.stringify(await answer()))
  })
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  return server
}
