/**
 * Encrypts what is kept on disk with AES-256-GCM: `sealed:1:KEYID:` and, in base64url, 12 bytes of nonce, the ciphertext, 16 bytes of tag.
 * https://csrc.nist.gov/pubs/sp/800/38/d/final
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { GatewayError } from '../core/errors.ts'
import type { Cipher } from '../ports/cipher.ts'

const algorithm = 'aes-256-gcm'
const nonceLength = 12
const tagLength = 16
const keyLength = 32

interface Key {
  /** Tells keys apart without telling anything of them. */
  readonly id: string
  readonly bytes: Buffer
}

/** `passphrase` is any text; 32 random bytes in hex or base64 are best. Null: texts are not hidden, and sealed ones cannot be opened. */
export function createCipher(passphrase: string | null): Cipher {
  if (passphrase === null) return plain
  // Worked out once, on another thread, and early: the first job need not wait for it.
  const key = deriveKey(passphrase)
  // Whoever seals or opens hears of a failure; until then nobody need.
  key.catch(() => {})
  return {
    hides: true,
    seal: async (text, context) => seal(text, context, await key),
    open: async (text, context) => (isSealed(text) ? open(text, context, await key) : text),
  }
}

const plain: Cipher = {
  hides: false,
  seal: async (text) => {
    // Else it would be taken for a sealed one when it is read again.
    if (isSealed(text)) throw new GatewayError('internal', 'A text that looks sealed cannot be kept without a key.')
    return text
  },
  open: async (text) => {
    if (!isSealed(text)) return text
    throw unreadable(`it was encrypted with key ${keyIdOf(text)}, and this gateway has none`)
  },
}

const prefix = 'sealed:1:'
const shape = /^sealed:1:([0-9a-f]{8}):/

function isSealed(text: string): boolean {
  return shape.test(text)
}

function keyIdOf(text: string): string | undefined {
  return shape.exec(text)?.[1]
}

const derive = promisify<string, string, number, { N: number; r: number; p: number }, Buffer>(scrypt)

/** The salt is the same everywhere, as all gateways of one store must come to the same key; what a passphrase lacks, it does not add. */
async function deriveKey(passphrase: string): Promise<Key> {
  const bytes = await derive(passphrase, 'asbru encryption at rest', keyLength, { N: 16_384, r: 8, p: 1 })
  return { id: createHmac('sha256', bytes).update('key id').digest('hex').slice(0, 8), bytes }
}

function seal(text: string, context: string, key: Key): string {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv(algorithm, key.bytes, nonce, { authTagLength: tagLength })
  cipher.setAAD(Buffer.from(context))
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `${prefix}${key.id}:${sealed.toString('base64url')}`
}

function open(text: string, context: string, key: Key): string {
  const id = keyIdOf(text)
  if (id !== key.id) throw unreadable(`it was encrypted with key ${id}, and this gateway has key ${key.id}`)
  const bytes = Buffer.from(text.slice(prefix.length + id.length + 1), 'base64url')
  if (bytes.length < nonceLength + tagLength) throw unreadable('it is cut off')
  const decipher = createDecipheriv(algorithm, key.bytes, bytes.subarray(0, nonceLength), { authTagLength: tagLength })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(bytes.subarray(-tagLength))
  try {
    const opened = decipher.update(bytes.subarray(nonceLength, -tagLength))
    return Buffer.concat([opened, decipher.final()]).toString('utf8')
  } catch {
    throw unreadable('it was changed, or belongs elsewhere')
  }
}

function unreadable(why: string): GatewayError {
  const message = `What is stored cannot be read: ${why}. Set encryption_key to the key it was written with.`
  return new GatewayError('sealed-unreadable', message, { code: 'sealed_unreadable' })
}
