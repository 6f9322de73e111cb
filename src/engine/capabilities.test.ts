/** What a model lacks is left out and named, or refused before anybody is called, so that a fallback may serve. */
import { expect, test } from 'vitest'
import { acts, chatCall, type FakeWorld, fakeWorld, provider, snapshot } from '../../test/support/fake-world.ts'
import type { Lack } from '../core/capabilities.ts'
import type { JsonObject } from '../core/json.ts'
import { handle } from './handle.ts'

const source = 'https://example.test/models'

function lacking(id: string, lacks: readonly Lack[]) {
  const base = provider(id)
  return provider(id, { provider: { ...base.provider, lacks } })
}

async function ask(world: FakeWorld, lacks: readonly Lack[], body: JsonObject) {
  const settings = snapshot([lacking('openai', lacks), provider('groq')])
  const pending = handle(chatCall({ settings, body }), world)
  await world.clock.advance(100_000)
  const reply = await pending
  reply.close()
  return { status: reply.status, body: reply.body.kind === 'text' ? JSON.parse(reply.body.text) : undefined }
}

function sent(world: FakeWorld): JsonObject {
  return JSON.parse(world.calls[0]!.call.body ?? '')
}

test('what can be left out is left out, and named', async () => {
  const world = fakeWorld({ script: [acts.ok()] })
  const lacks: Lack[] = [{ models: ['gpt-4o'], drop: ['temperature'], source }]
  const { status, body } = await ask(world, lacks, { model: 'openai/gpt-4o', temperature: 1, top_p: 1 })
  expect(status).toBe(200)
  expect(sent(world)).not.toHaveProperty('temperature')
  expect(sent(world)).toHaveProperty('top_p', 1)
  expect(body.extra_fields.dropped_params).toEqual(['temperature'])
})

test('what cannot is refused without a call', async () => {
  const world = fakeWorld({ script: [] })
  const lacks: Lack[] = [{ models: ['*'], refuse: ['stop'], source }]
  const { status, body } = await ask(world, lacks, { model: 'openai/gpt-4o', stop: 'END' })
  expect([status, body.error.param, body.error.code]).toEqual([400, 'stop', 'unsupported_parameter'])
  expect(world.calls).toHaveLength(0)
})

test('a fallback that lacks nothing serves what the first cannot', async () => {
  const world = fakeWorld({ script: [acts.ok()] })
  const lacks: Lack[] = [{ models: ['*'], refuse: ['stop'], source }]
  const fallbacks = ['groq/llama-3.3-70b']
  const { status, body } = await ask(world, lacks, { model: 'openai/gpt-4o', stop: 'END', fallbacks })
  expect([status, body.extra_fields.provider]).toEqual([200, 'groq'])
  expect(sent(world)).toHaveProperty('stop', 'END')
})

test('other models of the provider are sent everything', async () => {
  const world = fakeWorld({ script: [acts.ok()] })
  const lacks: Lack[] = [{ models: ['o3'], drop: ['temperature'], refuse: ['stop'], source }]
  const { body } = await ask(world, lacks, { model: 'openai/gpt-4o', temperature: 1, stop: 'END' })
  expect(sent(world)).toMatchObject({ temperature: 1, stop: 'END' })
  expect(body.extra_fields.dropped_params).toBeUndefined()
})
