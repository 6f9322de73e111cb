/** Checks the sense of what a configuration says about webhooks. */
import { readHostPattern } from '../core/webhooks.ts'
import { checkHeaderValue, checkUnique } from './check-texts.ts'
import type { Draft } from './draft.ts'
import type { Path } from './finding.ts'
import type { Report } from './report.ts'
import type { WebhookEntry } from './schema.ts'

type Entry = Draft<WebhookEntry>

export function checkWebhooks(entries: readonly (Entry | undefined)[], report: Report): void {
  const names = entries.map((entry) => entry?.name)
  checkUnique(names, (index) => ['webhooks', index, 'name'], report)
  for (const [index, entry] of entries.entries()) {
    if (entry === undefined) continue
    const path = ['webhooks', index]
    checkHeaderValue(entry.name, [...path, 'name'], report)
    // Switched off, it need not be complete: what it refers to may not be there.
    if (entry.enabled === false) continue
    checkDestination(entry, path, report)
    checkSecrets(entry, path, report)
    if (entry.events?.length === 0)
      report.fault([...path, 'events'], 'an empty list', 'some events, or none of this key')
  }
}

function checkDestination({ url, hosts, ...entry }: Entry, path: Path, report: Report): void {
  if ((url === undefined) === (hosts === undefined)) {
    const found = url === undefined ? 'neither url nor hosts' : 'url and hosts'
    return report.fault(path, found, 'one of the two: url for one address, hosts where requests name it')
  }
  if (url !== undefined) return checkAddress(url, entry.allow_private_network === true, [...path, 'url'], report)
  if (hosts!.length === 0) report.fault([...path, 'hosts'], 'an empty list', 'hosts such as hooks.example.com')
  for (const [index, text] of hosts!.entries()) {
    if (text === undefined || readHostPattern(text) !== undefined) continue
    const expected = 'a host such as hooks.example.com, *.example.com or http://localhost:9000'
    report.fault([...path, 'hosts', index], 'a text that is no host', expected)
  }
}

function checkAddress(text: string, isInternal: boolean, path: Path, report: Report): void {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return report.fault(path, 'a text that is no address', 'an address that begins with https:// or http://')
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    return report.fault(path, 'an address with a user name, password or fragment', 'one without: messages are signed')
  }
  if (url.protocol === 'http:' && !isInternal) {
    report.warn(path, 'is not encrypted: whoever is on the way can read what is sent. Use https://.')
  }
}

function checkSecrets({ secret, secrets }: Entry, path: Path, report: Report): void {
  if (secret === undefined && (secrets ?? []).length === 0) {
    report.fault([...path, 'secret'], 'nothing', `a secret to sign with: ${recipe}`)
  }
  checkSecret(secret, [...path, 'secret'], report)
  for (const [index, text] of (secrets ?? []).entries()) checkSecret(text, [...path, 'secrets', index], report)
}

const recipe = 'whsec_ and what openssl rand -base64 32 prints'

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
function checkSecret(text: string | undefined, path: Path, report: Report): void {
  if (text === undefined) return
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1]
  if (base64 === undefined || base64.length % 4 !== 0) {
    return report.fault(path, 'a text that is no whsec_ and base64', recipe)
  }
  const { length } = Buffer.from(base64, 'base64')
  if (length < 24 || length > 64) report.fault(path, `a secret of ${length} bytes`, `24 to 64 bytes: ${recipe}`)
}
