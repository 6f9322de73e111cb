/** Puts a recorded stream of the Responses API through the grammar checker and the schema: `node test/support/check-responses-stream.ts [--provider] [--from=N] FILE`, where `-` is standard input. Exit status 1: there are faults. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { eventsOf, grammarFaults } from './responses-grammar.ts'
import { schemaFaults } from './responses-schema/validate.ts'

const usage = 'node test/support/check-responses-stream.ts [--provider] [--from=N] FILE'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { provider: { type: 'boolean', default: false }, from: { type: 'string', default: '0' } },
})
const [file] = positionals
const from = Number(values.from)
if (file === undefined || positionals.length > 1 || !Number.isSafeInteger(from) || from < 0) {
  console.error(`One file is due, which may be -, and --from is a whole number: ${usage}`)
  process.exit(2)
}

const text = readFileSync(file === '-' ? 0 : file, 'utf8')
const events = eventsOf(text)
const faults = [
  ...grammarFaults(text, { from, source: values.provider ? 'provider' : 'gateway' }),
  ...events.flatMap((event, index) =>
    schemaFaults('event', event).map((message) => ({ event: index, message: `${event['type']}: ${message}` })),
  ),
]
for (const { event, message } of faults) console.log(`event ${event}: ${message}`)
console.log(`${events.length} events, ${faults.length} faults`)
process.exitCode = faults.length > 0 ? 1 : 0
