/** Metrics over HTTP, for whoever may ask for anything at all. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesOfText } from '../core/bytes.ts'
import { metricsMediaType, metricsText } from '../core/metrics.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { authenticate } from '../engine/authenticate.ts'
import type { ReadGauges } from '../jobs/store-metrics.ts'
import { presentedCredentials } from './credentials.ts'
import { writeText } from './write.ts'

/** Rejects as `authenticate` does, and with `store-unavailable`. */
export async function serveMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  headers: string[],
  { snapshot, wallClock, read }: { snapshot: Snapshot; wallClock: number; read: ReadGauges },
): Promise<void> {
  authenticate(presentedCredentials(request.headers, snapshot), snapshot, wallClock)
  const text = metricsText(await read())
  headers.push('content-type', metricsMediaType)
  writeText(response, 200, headers, bytesOfText(text))
}
