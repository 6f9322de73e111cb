/** A thought that comes back is known by its signature. */
import { expect, test } from 'vitest'
import { signatureOf, verify } from './signature.ts'

test('a signature holds for what was signed, and for nothing else', () => {
  const signature = signatureOf({ text: 'Hm' })
  expect(verify(signature, { text: 'Hm' })).toBe('valid')
  expect(verify(signature, { text: 'Hmm' })).toBe('changed')
  expect(verify(`${signature.slice(0, -4)}AAAA`, { text: 'Hm' })).toBe('forged')
  expect(verify('', { text: 'Hm' })).toBe('forged')
})

test('a hidden thought may come back with any text, under its own signature', () => {
  const signature = signatureOf({ text: 'Hm', hidden: true })
  expect(verify(signature, { text: '' })).toBe('valid')
  expect(verify(signature, { text: 'anything' })).toBe('valid')
  expect(signature).not.toBe(signatureOf({ text: 'Hm' }))
})

test('a bound thought is good only after what was said before it', () => {
  const signature = signatureOf({ text: 'Hm', before: 'Hello' })
  expect(verify(signature, { text: 'Hm', before: 'Hello' })).toBe('valid')
  expect(verify(signature, { text: 'Hm', before: 'Good bye' })).toBe('moved')
  expect(verify(signature, { text: 'Hm' })).toBe('moved')
  expect(verify(signatureOf({ text: 'Hm' }), { text: 'Hm', before: 'Hello' })).toBe('valid')
})
