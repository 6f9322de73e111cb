/** Who is to be told of a job's end, as its request says: `x-bf-async-webhook` as Bifrost's clients send it, `x-asbru-webhook-url` of our own. */
import type { IncomingHttpHeaders } from 'node:http'
import { invalidRequest } from '../../core/errors.ts'
import { shortened } from '../../core/shortened.ts'
import { findReceiver, type WebhookEndpoint, writeTarget } from '../../core/webhooks.ts'
import { refusedAddress } from '../../webhooks/public-address.ts'

const byName = 'x-bf-async-webhook'
const byUrl = 'x-asbru-webhook-url'

/** Characters of an address. */
const longestUrl = 2048

/** As it is kept with the job. Throws `invalid-request` naming the header, for a webhook that is not configured, or a URL that may not be named. */
export function webhookWish(headers: IncomingHttpHeaders, endpoints: readonly WebhookEndpoint[]): string | null {
  const [name, url] = [textOf(headers, byName), textOf(headers, byUrl)]
  if (name !== undefined && url !== undefined) {
    throw invalidRequest(`Both ${byName} and ${byUrl} say who is to be told: send one of them.`, byUrl)
  }
  if (name !== undefined) return namedTarget(name, endpoints)
  return url === undefined ? null : addressTarget(url, endpoints)
}

function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function namedTarget(name: string, endpoints: readonly WebhookEndpoint[]): string {
  const target = { kind: 'name', name } as const
  const receiver = findReceiver(target, endpoints)
  if (receiver?.endpoint.enabled) return writeTarget(target)
  const shown = shortened(name)
  const what = receiver === undefined ? `There is no webhook '${shown}'` : `The webhook '${shown}' is switched off`
  throw invalidRequest(`${what}: name one that the gateway's configuration has under webhooks.`, byName)
}

function addressTarget(text: string, endpoints: readonly WebhookEndpoint[]): string {
  const url = text.length > longestUrl ? null : URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    // Not quoted: it may have a secret in it.
    throw unfit(`a text of ${text.length} characters`, `an https:// URL of at most ${longestUrl} characters`)
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw unfit(url.origin, 'one without a user name, a password or a fragment')
  }
  const target = { kind: 'url', url: url.href } as const
  const receiver = findReceiver(target, endpoints)
  if (receiver?.endpoint.enabled !== true) {
    const allowed = "a URL whose host is among webhooks[].hosts in the gateway's configuration"
    throw unfit(url.origin, `${allowed}; https unless it says otherwise`)
  }
  const refused = receiver.endpoint.allowPrivate ? undefined : refusedAddress(url)
  if (refused !== undefined) throw unfit(url.origin, `a public address: ${refused}`)
  return writeTarget(target)
}

function unfit(found: string, expected: string): Error {
  return invalidRequest(`Invalid header ${byUrl}: found ${shortened(found)}, expected ${expected}.`, byUrl)
}
