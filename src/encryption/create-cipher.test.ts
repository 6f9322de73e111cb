import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCipher } from './create-cipher.ts'

const cipher = createCipher('correct horse battery staple')
const other = createCipher('another')
const plain = createCipher(null)

describe('a cipher', () => {
  it('opens what it sealed, letter for letter', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string(), async (text, context) => {
        expect(await cipher.open(await cipher.seal(text, context), context)).toBe(text)
      }),
      { numRuns: 50 },
    )
  })

  it('hides the text, differently each time', async () => {
    const text = 'a secret sentence'
    const [one, two] = [await cipher.seal(text, 'a'), await cipher.seal(text, 'a')]
    expect(one).toMatch(/^sealed:1:[0-9a-f]{8}:[\w-]+$/)
    expect(one).not.toBe(two)
    expect(Buffer.from(one.slice(18), 'base64url').toString('latin1')).not.toContain('secret')
  })

  it('comes to the same key on every machine', async () => {
    expect(await createCipher('correct horse battery staple').open(await cipher.seal('text', 'a'), 'a')).toBe('text')
  })

  it('gives back what was stored before there was a key', async () => {
    expect(await cipher.open('{"version":1}', 'a')).toBe('{"version":1}')
  })

  it('says so when the key is another one', async () => {
    const [id, theirs] = await Promise.all(
      [cipher, other].map(async (each) => (await each.seal('', 'a')).split(':')[2]),
    )
    await expect(other.open(await cipher.seal('text', 'a'), 'a')).rejects.toMatchObject({
      failure: 'sealed-unreadable',
      message: `What is stored cannot be read: it was encrypted with key ${id}, and this gateway has key ${theirs}. Set encryption_key to the key it was written with.`,
    })
  })

  it('says so when there is no key', async () => {
    await expect(plain.open(await cipher.seal('text', 'a'), 'a')).rejects.toMatchObject({
      failure: 'sealed-unreadable',
      message: expect.stringContaining('and this gateway has none'),
    })
  })

  it('does not open in the place of another', async () => {
    await expect(cipher.open(await cipher.seal('text', 'input of job 1'), 'input of job 2')).rejects.toThrow(
      'it was changed, or belongs elsewhere',
    )
  })

  it('notices every changed byte, and an end that is cut off', async () => {
    const sealed = await cipher.seal('text', 'a')
    const start = sealed.lastIndexOf(':') + 1
    const bytes = Buffer.from(sealed.slice(start), 'base64url')
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes)
      changed[index]! ^= 1
      await expect(cipher.open(sealed.slice(0, start) + changed.toString('base64url'), 'a')).rejects.toThrow('changed')
      const cut = bytes.subarray(0, index).toString('base64url')
      await expect(cipher.open(sealed.slice(0, start) + cut, 'a')).rejects.toMatchObject({
        failure: 'sealed-unreadable',
      })
    }
  })
})

describe('without a key', () => {
  it('texts stay as they are, and it says that they are not hidden', async () => {
    expect([plain.hides, cipher.hides]).toEqual([false, true])
    expect(await plain.open(await plain.seal('text', 'a'), 'a')).toBe('text')
  })
})
