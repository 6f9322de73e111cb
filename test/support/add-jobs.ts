/**
 * A process of its own that adds jobs one after the other, and says of each what came of it: `added ID`, or `refused CODE`. Its arguments: the place
 * (a file, or `postgres://…`), how many jobs (0: until it is killed), and letters of each input.
 */
import { randomUUID } from 'node:crypto'
import type { GatewayError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import type { StoreSettings } from '../../src/core/store-settings.ts'
import { openStores } from '../../src/stores/open-stores.ts'
import { newJob } from './new-job.ts'

const [place = '', count = '0', letters = '100'] = process.argv.slice(2)

const settings: StoreSettings = place.startsWith('postgres:')
  ? { kind: 'postgres', url: new Secret(place), shown: place, connections: 4 }
  : { kind: 'sqlite', file: place }

const ignore = () => {}
const stores = openStores(settings, {
  isLevelEnabled: () => false,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
})
const limits = { all: Number.POSITIVE_INFINITY, owner: Number.POSITIVE_INFINITY }
const input = 'x'.repeat(Number(letters))

for (let index = 0; count === '0' || index < Number(count); index++) {
  const id = randomUUID()
  await stores.jobs.add(newJob({ id, input }), limits).then(
    (added) => process.stdout.write(`${added} ${id}\n`),
    (error: GatewayError) => process.stdout.write(`refused ${error.details?.code ?? error}\n`),
  )
}
await stores.close()
