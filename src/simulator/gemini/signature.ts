/**
 * Signs what a model said, so that it is noticed whether what comes back is what was sent.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
import { createHmac } from 'node:crypto'

/** What is signed: a call with its arguments, or any text. */
export type Signed = { kind: 'call'; name: string; args: unknown } | { kind: 'text' }

/** The same for the same, in base64. A text may come back in other pieces than it was sent in, so its words are not signed. */
export function signatureOf(signed: Signed): string {
  const text = signed.kind === 'call' ? `${signed.name}\n${sorted(signed.args)}` : ''
  const mac = createHmac('sha384', 'simulated signature').update(`${signed.kind}\n${text}`, 'utf8').digest()
  return Buffer.concat([Buffer.from(signed.kind === 'call' ? 'sim-call.' : 'sim-text.'), mac]).toString('base64')
}

/** What the reference lets a client send that has no signature to give, such as a call from another model. */
const excuses = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go']

/** Whether a signature that came back is the one that was sent, in either alphabet of base64, or a permitted excuse. */
export function isGood(signature: string, signed: Signed): boolean {
  const bytes = Buffer.from(signature, 'base64')
  const excused = excuses.some((excuse) => signature === excuse || bytes.toString('utf8') === excuse)
  return excused || bytes.toString('base64') === signatureOf(signed)
}

/** JSON with the members of each object in order, as the order is not kept on the way. */
function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${sorted(member)}`).join(',')}}`
}
