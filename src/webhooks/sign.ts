/**
 * Signs what is sent, so that the receiver knows from whom it is.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
 */
import { createHmac } from 'node:crypto'
import type { Secret } from '../core/secret.ts'

/** The three headers that go with a body. `id` has no full stop in it; `seconds`: Unix time of this attempt. */
export function signatureHeaders(
  id: string,
  seconds: number,
  body: Buffer,
  secrets: readonly Secret[],
): Record<string, string> {
  const signatures = secrets.map((secret) => `v1,${sign(`${id}.${seconds}.`, body, secret)}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signatures.join(' '),
  }
}

function sign(head: string, body: Buffer, secret: Secret): string {
  const key = Buffer.from(secret.reveal().slice('whsec_'.length), 'base64')
  return createHmac('sha256', key).update(head).update(body).digest('base64')
}
