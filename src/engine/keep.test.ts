/** A reply that is kept: its client hears that it is whole only when it is kept; and requests that depend on who is asked. */
import { expect, test } from 'vitest'
import { type Act, acts, chatCall, fakeWorld, frames, provider, snapshot } from '../../test/support/fake-world.ts'
import type { ClientChat, EventEncoder, StreamWriting } from '../core/dialect.ts'
import { members } from '../core/json-text.ts'
import { openaiChatClient } from '../dialects/openai-chat/client.ts'
import { openai } from '../providers/openai.ts'
import type { Call, Recipient, ReplySource } from './call.ts'
import { handle, type Reply } from './handle.ts'

/** Chat completions whose stream ends with an event that tells the whole answer. */
const client: ClientChat = { ...openaiChatClient, dialect: 'whole', encodeEvents }

function encodeEvents(writing: StreamWriting): EventEncoder {
  const encoder = openaiChatClient.encodeEvents(writing)
  let text = ''
  return {
    whole: undefined,
    push(event) {
      if (event.type === 'block-delta') text += event.delta.text ?? ''
      if (event.type !== 'finish' && event.type !== 'error') return encoder.push(event)
      const whole = JSON.stringify({ said: text, ended: event.type, store: true })
      Object.assign(this, { whole })
      return [{ event: 'end', data: `{"whole":${whole}}` }]
    },
    end: () => encoder.end(),
  }
}

const { role, text, finish, usage, done, error } = frames

function callOf(stream: boolean, more: Partial<Call>): Call {
  return {
    ...chatCall({ settings: snapshot([provider('openai', { provider: openai })]), body: { stream } }),
    client,
    ...more,
  }
}

async function bytesOf(reply: Reply): Promise<string> {
  if (reply.body.kind === 'text') return reply.body.text
  let bytes = ''
  for (let more = await reply.body.stream.next(); more !== null; more = await reply.body.stream.next()) bytes += more
  return bytes
}

async function answered(stream: boolean, more: Partial<Call>, ...script: Act[]) {
  const world = fakeWorld({ script })
  const pending = handle(callOf(stream, more), world)
  await world.clock.advance(0)
  const reply = await pending
  const reading = bytesOf(reply)
  await world.clock.advance(100_000)
  const bytes = await reading
  reply.close()
  return { reply, bytes, world }
}

const whole = [role, text('Hel'), text('lo'), finish, usage, done]

test('is told as whole when it is kept, in the words that the keeper gives', async () => {
  const kept: [string, ReplySource][] = []
  const { bytes } = await answered(
    true,
    {
      keep: async (reply, source) => {
        kept.push([reply, source])
        return reply.replace('"store":true', '"store":false')
      },
    },
    acts.stream(...whole),
  )
  expect(kept).toEqual([
    [
      '{"said":"Hello","ended":"finish","store":true}',
      {
        provider: 'openai',
        keyId: expect.any(String),
        dialect: 'openai-chat',
        keepsState: false,
        upstreamId: undefined,
      },
    ],
  ])
  expect(bytes).toContain('data: {"whole":{"said":"Hello","ended":"finish","store":false}}')
  expect(bytes.match(/"whole"/g)).toHaveLength(1)
})

test('that fails in mid-stream is kept as what it is', async () => {
  const kept: string[] = []
  const keep = async (reply: string) => {
    kept.push(reply)
    return reply
  }
  const { reply, bytes } = await answered(true, { keep }, (exchange) => {
    exchange.stream().write(role + text('Hel'))
    // A failure in the same breath would come before anything is committed.
    setImmediate(() => exchange.write(error).end())
  })
  expect(reply.error?.failure).toBe('upstream-error')
  expect(kept).toEqual(['{"said":"Hel","ended":"error","store":true}'])
  expect(bytes).toContain(kept[0])
})

test('nothing of the end is handed out before the keeper is done', async () => {
  let release = () => {}
  const keep = (reply: string) => new Promise<string>((resolve) => (release = () => resolve(reply)))
  const world = fakeWorld({ script: [acts.stream(...whole)] })
  const pending = handle(callOf(true, { keep }), world)
  await world.clock.advance(0)
  const reply = await pending
  let bytes = ''
  const reading = bytesOf(reply).then((all) => (bytes = all))
  await world.clock.advance(100_000)
  expect(bytes).toBe('')
  release()
  await reading
  expect(bytes).toContain('"whole"')
  reply.close()
})

test('a whole that does not stand in its last event as it is, is kept all the same', async () => {
  const kept: string[] = []
  const spaced: ClientChat = {
    ...client,
    encodeEvents(writing) {
      const encoder = encodeEvents(writing)
      return {
        get whole() {
          return encoder.whole === undefined ? undefined : `${encoder.whole} `
        },
        push: (event) => encoder.push(event),
        end: () => encoder.end(),
      }
    },
  }
  const keep = async (reply: string) => {
    kept.push(reply)
    return reply.replace('"store":true', '"store":false')
  }
  const { bytes } = await answered(true, { client: spaced, keep }, acts.stream(...whole))
  expect(kept).toEqual(['{"said":"Hello","ended":"finish","store":true} '])
  expect(bytes).toContain('data: {"whole":{"said":"Hello","ended":"finish","store":true}}')
})

test('a whole reply is kept before it goes out', async () => {
  const keep = async (reply: string) => reply.replace('"object"', '"kept":1,"object"')
  const { bytes } = await answered(false, { keep }, acts.ok())
  expect(JSON.parse(bytes)).toMatchObject({ kept: 1, object: 'chat.completion' })
})

test('a request is the one for who is asked, and places in it are told as the client knows them', async () => {
  const asked: Recipient[] = []
  const body = { model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Only what is new' }] }
  const request = { text: JSON.stringify(body), members: members(JSON.stringify(body)), body }
  const { bytes, world } = await answered(
    false,
    {
      requestFor(recipient) {
        asked.push(recipient)
        return { request, dropped: ['what came before'], placeOf: (place) => `before ${place}` }
      },
    },
    acts.ok(),
  )
  expect(asked).toEqual([{ provider: 'openai', keyId: expect.any(String), dialect: 'openai-chat', keepsState: false }])
  expect(world.calls[0]!.body).toMatchObject({ messages: [{ content: 'Only what is new' }] })
  expect(JSON.parse(bytes).extra_fields.dropped_params).toContain('what came before')
})
