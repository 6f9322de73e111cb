import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { providers } from '../providers/index.ts'
import { ConfigFaults } from './finding.ts'
import { type ConfigSource, openConfig, type ReloadResult } from './watch.ts'

const config = (weight: number, value = 'k') =>
  JSON.stringify({ providers: { groq: { keys: [{ name: 'a', value, models: ['*'], weight }] } } })

let directory: string
let file: string
let results: ReloadResult[]
let source: ConfigSource | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'asbru-watch-'))
  file = join(directory, 'config.json')
  results = []
  await writeFile(file, config(1))
})

afterEach(async () => {
  source?.close()
  source = undefined
  await rm(directory, { recursive: true })
})

async function open(variables: () => Record<string, string> = () => ({}), path: string | null = file) {
  source = await openConfig({ file: path, providers, variables, onReload: (result) => results.push(result) })
  return source
}

const weight = () => source?.current().providers.get('groq')?.keys[0]?.weight
const told = (count: number) => vi.waitFor(() => expect(results.length).toBeGreaterThanOrEqual(count), 10_000)

describe('openConfig', () => {
  it('refuses to begin with a faulty file', async () => {
    await writeFile(file, '{')
    await expect(open()).rejects.toThrow(ConfigFaults)
  })

  it('applies a change of the file, and tells what changed', async () => {
    await open()
    await writeFile(file, config(2))
    await told(1)
    expect(results[0]).toMatchObject({ kind: 'applied', changes: ['provider groq, key a: weight 1 → 2'] })
    expect(weight()).toBe(2)
  })

  it('applies a file that is put in the place of the old one, and then changed', async () => {
    await open()
    await writeFile(join(directory, 'config.json.tmp'), config(2))
    await rename(join(directory, 'config.json.tmp'), file)
    await vi.waitFor(() => expect(weight()).toBe(2), 10_000)
    await writeFile(file, config(3))
    await vi.waitFor(() => expect(weight()).toBe(3), 10_000)
  })

  it('follows links that are exchanged, as mounted settings are', async () => {
    for (const [name, content] of [
      ['..one', config(4)],
      ['..two', config(5)],
    ] as const) {
      await mkdir(join(directory, name))
      await writeFile(join(directory, name, 'config.json'), content)
    }
    await rm(file)
    await symlink('..one', join(directory, '..data'))
    await symlink('..data/config.json', file)
    await open()
    expect(weight()).toBe(4)
    await symlink('..two', join(directory, '..new'))
    await rename(join(directory, '..new'), join(directory, '..data'))
    await vi.waitFor(() => expect(weight()).toBe(5), 10_000)
  })

  it('keeps the last good settings when the file is half written or gone, and goes on', async () => {
    await open()
    await writeFile(file, config(2).slice(0, 40))
    await told(1)
    expect(results[0]).toMatchObject({ kind: 'refused' })
    expect(weight()).toBe(1)
    await rm(file)
    await told(2)
    expect(results[1]).toMatchObject({ kind: 'refused', error: { message: expect.stringContaining('no such file') } })
    await writeFile(file, config(3))
    await vi.waitFor(() => expect(weight()).toBe(3), 10_000)
  })

  it('says nothing when the file is written as it was, or others are', async () => {
    await open()
    await writeFile(file, config(1))
    await writeFile(join(directory, 'asbru.db'), 'data')
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(results).toEqual([])
  })

  it('stops when it is closed', async () => {
    const { close } = await open()
    close()
    await writeFile(file, config(2))
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(results).toEqual([])
    expect(weight()).toBe(1)
  })
})

describe('reload', () => {
  it('reads environment variables again', async () => {
    let key = 'old'
    await writeFile(file, config(1, 'env.KEY'))
    const { reload } = await open(() => ({ KEY: key }))
    expect(await reload()).toMatchObject({ kind: 'applied', changes: [] })
    key = 'new'
    expect(await reload()).toMatchObject({ kind: 'applied', changes: ['provider groq, key a: credential changed'] })
    key = ''
    expect(await reload()).toMatchObject({
      kind: 'refused',
      error: { faults: [{ path: 'providers.groq.keys[0].value' }] },
    })
    expect(results).toHaveLength(3)
  })

  it('works without a file', async () => {
    let variables: Record<string, string> = {}
    const { reload, current } = await open(() => variables, null)
    expect(current().providers.size).toBe(0)
    variables = { GROQ_API_KEY: 'k' }
    expect(await reload()).toMatchObject({ kind: 'applied', changes: ['provider groq added'] })
    expect(current().providers.size).toBe(1)
  })

  it('hands out a whole snapshot each time, and leaves the old one as it was', async () => {
    const { reload, current } = await open()
    const before = current()
    await writeFile(file, config(2))
    const results = await Promise.all([reload(), reload()])
    expect(results.map((result) => result.kind)).toEqual(['applied', 'applied'])
    expect(before.providers.get('groq')?.keys[0]?.weight).toBe(1)
    expect(current()).not.toBe(before)
  })
})
