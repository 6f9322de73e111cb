import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkCommand } from './check.ts'
import { initCommand } from './init.ts'

let directory: string
let file: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'asbru-commands-'))
  file = join(directory, 'config.json')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true })
})

async function run(command: Command, ...words: string[]): Promise<{ text: string; code: number }> {
  let text = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += chunk
    return true
  })
  try {
    await command.parseAsync(words, { from: 'user' })
    return { text, code: Number(process.exitCode ?? 0) }
  } finally {
    write.mockRestore()
    process.exitCode = 0
  }
}

describe('asbru check', () => {
  it('says what a good file means', async () => {
    vi.stubEnv('CHECK_KEY', 'sk-secret')
    const keys = [{ name: 'main', value: 'env.CHECK_KEY', models: ['*'] }]
    await writeFile(file, JSON.stringify({ oops: 1, providers: { groq: { keys } } }))
    const { text, code } = await run(checkCommand(), file)
    expect(code).toBe(0)
    expect(text).toContain(
      `${file} can be used.\nProviders\n  groq  https://api.groq.com/openai\n    main: all models; weight 1\n`,
    )
    expect(text).toContain('Warning: oops (line 1, column 9): is not a known key and has no effect.\n')
    expect(text).not.toContain('secret')
  })

  it('says what is wrong with a bad one', async () => {
    await writeFile(file, '{"version": 5, "oops": 1}')
    const { text, code } = await run(checkCommand(), file)
    expect(code).toBe(1)
    expect(text).toMatch(
      /has a fault:\n {2}version \(line 1, column 13\): found 5, expected one of 1, 2\.\nWarning: oops/,
    )
  })

  it('says both to machines as well', async () => {
    await writeFile(file, '{"version": 5}')
    const bad = await run(checkCommand(), '--json', file)
    expect(bad.code).toBe(1)
    expect(JSON.parse(bad.text)).toEqual({
      file,
      valid: false,
      faults: [{ path: 'version', message: 'found 5, expected one of 1, 2.', line: 1, column: 13 }],
      warnings: [],
    })
    await writeFile(file, '{}')
    const good = await run(checkCommand(), '--json', file)
    expect(good.code).toBe(0)
    expect(JSON.parse(good.text)).toMatchObject({
      valid: true,
      providers: [],
      virtualKeys: [],
      enforced: [],
      warnings: [],
    })
  })
})

describe('asbru init', () => {
  it('writes a file that can be used, and the schema it names', async () => {
    const { text, code } = await run(initCommand(), file)
    expect([code, text]).toEqual([0, expect.stringContaining(`Wrote ${file}`)])
    expect(existsSync(join(directory, 'config.schema.json'))).toBe(true)
    expect((await run(checkCommand(), file)).code).toBe(0)
  })

  it('leaves a file alone that is there, unless it is forced', async () => {
    await writeFile(file, 'mine')
    expect(await run(initCommand(), file)).toMatchObject({ code: 1, text: expect.stringContaining('already there') })
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect(existsSync(join(directory, 'config.schema.json'))).toBe(false)
    expect((await run(initCommand(), '--force', file)).code).toBe(0)
    expect(readFileSync(file, 'utf8')).toContain('"version": 2')
  })
})
