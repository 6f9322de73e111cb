/** Makes the endpoints of webhooks of what a configuration says about them. */
import { Secret } from '../core/secret.ts'
import { type Destination, readHostPattern, type WebhookEndpoint, webhookEvents } from '../core/webhooks.ts'
import type { WebhookEntry } from './schema.ts'

export function buildWebhooks(entries: readonly WebhookEntry[]): readonly WebhookEndpoint[] {
  return entries.map((entry) => ({
    name: entry.name,
    enabled: entry.enabled ?? true,
    destination: destinationOf(entry),
    secrets: secretsOf(entry).map((text) => new Secret(text)),
    events: new Set(entry.events ?? webhookEvents),
    includeResult: entry.include_result ?? false,
    allowPrivate: entry.allow_private_network ?? false,
  }))
}

function destinationOf({ url, hosts = [] }: WebhookEntry): Destination {
  if (url !== undefined) return { kind: 'url', url }
  return { kind: 'hosts', hosts: hosts.map(readHostPattern).filter((pattern) => pattern !== undefined) }
}

/** The newest first. */
function secretsOf({ secret, secrets = [] }: WebhookEntry): string[] {
  return [...new Set([...(secret === undefined ? [] : [secret]), ...secrets])]
}
