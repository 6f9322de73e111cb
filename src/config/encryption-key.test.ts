import { expect, it } from 'vitest'
import { encryptionKey } from './encryption-key.ts'

it.each([
  [
    'the file',
    { encryption_key: 'of the file' },
    { ASBRU_ENCRYPTION_KEY: 'a', BIFROST_ENCRYPTION_KEY: 'b' },
    'of the file',
  ],
  ['our variable', {}, { ASBRU_ENCRYPTION_KEY: 'a', BIFROST_ENCRYPTION_KEY: 'b' }, 'a'],
  ["Bifrost's variable", {}, { BIFROST_ENCRYPTION_KEY: 'b\n' }, 'b'],
  ['what is not empty', { encryption_key: '' }, { ASBRU_ENCRYPTION_KEY: ' ', BIFROST_ENCRYPTION_KEY: 'b' }, 'b'],
  ['nobody', {}, {}, null],
])('is the one of %s', (_, config, variables, key) => {
  expect(encryptionKey(config, variables)).toBe(key)
})
