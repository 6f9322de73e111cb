/**
 * `npm run test:crash`: the whole of what `crash.test.ts` plays in short. 500 jobs and 50 kills on SQLite; the same with two gateways on one
 * PostgreSQL, which is killed now and then as well. Then background responses with followers on both. `--seed N` draws the same numbers again.
 */
import { parseArgs } from 'node:util'
import pg from 'pg'
import { findPostgres, startPostgres } from '../support/postgres-server.ts'
import { backgroundFaults, type FollowedResponse, runBackground } from './background-scenario.ts'
import { faultsOf, type Report, summary } from './check.ts'
import { runScenario } from './scenario.ts'
import { postgresResponses, postgresUsage, sqliteResponses, sqliteUsage } from './usage.ts'

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '500' },
    kills: { type: 'string', default: '50' },
    responses: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
  },
})
const size = { jobs: Number(values.jobs), kills: Number(values.kills), seed: Number(values.seed) }
const background = { ...size, responses: Number(values.responses) }
const say = (text: string) => console.log(text)

say(`seed ${size.seed}`)
say('One gateway, SQLite')
tell(await runScenario({ ...size, gateways: 1, say }, sqliteUsage))
say('Background responses: one gateway, SQLite')
tellBackground(await runBackground({ ...background, gateways: 1, say }, sqliteResponses))

const binaries = findPostgres()
if (binaries === undefined) {
  say('LEFT OUT: two gateways on PostgreSQL: no PostgreSQL on this machine')
  process.exitCode = 1
} else {
  const server = await startPostgres(binaries)
  say(`Two gateways, ${server.description}`)
  const url = `${server.url}/postgres`
  const restart = async () => {
    await server.kill()
    await server.start()
  }
  const query = async (sql: string) => {
    const client = new pg.Client(url)
    await client.connect()
    const { rows } = await client.query(sql)
    await client.end()
    return rows
  }
  try {
    tell(await runScenario({ ...size, gateways: 2, database: { url, restart }, say }, postgresUsage(query)))
    say('Background responses: two gateways')
    tellBackground(
      await runBackground({ ...background, gateways: 2, database: { url }, say }, postgresResponses(query)),
    )
  } finally {
    await server.remove()
  }
}

function tell(report: Report): void {
  say(summary(report))
  tellFaults(faultsOf(report))
}

function tellBackground(all: readonly FollowedResponse[]): void {
  const broken = all.filter(({ breaks }) => breaks > 0).length
  say(`${all.length} responses were followed to their end, ${broken} of them cut off behind an event`)
  tellFaults(backgroundFaults(all))
}

function tellFaults(faults: readonly string[]): void {
  for (const fault of faults) say(`FAULT: ${fault}`)
  if (faults.length > 0) process.exitCode = 1
}
