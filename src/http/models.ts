/** The list of models over HTTP: of all providers, filtered by what the caller may use. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Snapshot } from '../core/snapshot.ts'
import { authenticate } from '../engine/authenticate.ts'
import type { ModelLister } from '../engine/list-models.ts'
import type { World } from '../engine/world.ts'
import { presentedCredentials } from './credentials.ts'
import type { Face } from './faces.ts'
import { writeText } from './write.ts'

export type { ModelLister }

export async function serveModels(
  request: IncomingMessage,
  response: ServerResponse,
  headers: string[],
  snapshot: Snapshot,
  world: World,
  list: ModelLister,
  face: Face,
): Promise<void> {
  const caller = authenticate(presentedCredentials(request.headers, snapshot), snapshot, world.clock.wallClock())
  const wanted = request.headers['x-bf-list-models-provider'] ?? request.headers['x-bf-model-provider']
  const providers = [...snapshot.providers.values()].filter(
    (provider) => wanted === undefined || provider.id === wanted,
  )
  const lists = await Promise.all(providers.map((provider) => list(provider, caller)))
  headers.push('content-type', 'application/json')
  writeText(response, 200, headers, Buffer.from(JSON.stringify(face.modelList(lists.flat()))).toString('latin1'))
}
