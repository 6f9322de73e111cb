import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findConfigFile } from './find-file.ts'

it('is the named file, or the one in the directory, or none', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'asbru-find-'))
  try {
    expect(findConfigFile(undefined, undefined)).toBeNull()
    expect(findConfigFile(undefined, directory)).toBeNull()
    expect(findConfigFile('missing.json', directory)).toBe('missing.json')
    await writeFile(join(directory, 'config.json'), '{}')
    expect(findConfigFile(undefined, directory)).toBe(join(directory, 'config.json'))
  } finally {
    await rm(directory, { recursive: true })
  }
})
