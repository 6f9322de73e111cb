/**
 * Signatures of thoughts: a client must bring its model's thoughts back as they were, and this is how a provider knows. They say
 * nothing to anyone else, and hold for ever, for every simulator.
 */
import { createHash, createHmac } from 'node:crypto'

/** What a signature vouches for. */
export interface Signed {
  text: string
  /** The text was not sent along: the client holds the signature alone. */
  hidden?: boolean
  /** What was said before, where the thought is bound to it. */
  before?: string
}

export type Verdict = 'valid' | 'forged' | 'changed' | 'moved'

/** The signature of a thought. */
export function signatureOf({ text, hidden = false, before }: Signed): string {
  const parts = ['simulator', hidden ? 'hidden' : 'shown', digest(text), before === undefined ? 'free' : digest(before)]
  return Buffer.from([...parts, sealOf(parts)].join('.')).toString('base64')
}

/** Whether a thought that came back is the one that was signed. `before` is looked at only where it was bound. */
export function verify(signature: string, { text, before = '' }: Signed): Verdict {
  const parts = Buffer.from(signature, 'base64').toString().split('.')
  const seal = parts.pop()
  if (parts.length !== 4 || seal !== sealOf(parts)) return 'forged'
  const [, shown, thought, bound] = parts
  // What is written into a hidden thought is ignored, not refused.
  if (shown === 'shown' && thought !== digest(text)) return 'changed'
  return bound === 'free' || bound === digest(before) ? 'valid' : 'moved'
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)
const sealOf = (parts: readonly string[]) =>
  createHmac('sha256', 'a secret of the simulator').update(parts.join('.')).digest('hex').slice(0, 32)
