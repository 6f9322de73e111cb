/** The thread that has the database. It answers one batch after the other, and ends when it is told to. */
import { parentPort, workerData } from 'node:worker_threads'
import { readMigrations } from '../read-migrations.ts'
import { createDeliveryModule } from './delivery-module.ts'
import { createJobModule } from './job-module.ts'
import type { FromThread, ToThread } from './messages.ts'
import { createResponseModule } from './response-module.ts'
import { Session } from './session.ts'

const port = parentPort!
const tell = (message: FromThread) => port.postMessage(message)

const session = new Session({
  file: (workerData as { file: string }).file,
  migrations: readMigrations('sqlite'),
  // One line for each port that keeps something here.
  modules: (connection) => ({
    jobs: createJobModule(connection),
    deliveries: createDeliveryModule(connection),
    responses: createResponseModule(connection),
  }),
  now: performance.now.bind(performance),
  onState: (state) => tell({ kind: 'state', state }),
})

port.on('message', (message: ToThread) => {
  if (message.kind === 'batch') return tell({ kind: 'answers', answers: session.answer(message.requests) })
  session.close()
  port.close()
})
