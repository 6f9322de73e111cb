import { describe, expect, it } from 'vitest'
import { createCipher } from '../encryption/create-cipher.ts'
import type { Chain, ConversationItems, ResponseStore } from '../ports/response-store.ts'
import { noHistory, readHistory } from './history.ts'
import { sealItem } from './kept-item.ts'
import type { Named } from './named.ts'

const cipher = createCipher(null)
const nothing: Named = { previousId: undefined, conversationId: undefined, references: [] }

const read = (named: Partial<Named>, { chain, items }: { chain?: Chain; items?: ConversationItems } = {}) => {
  const store = {
    chain: async () => chain,
    allConversationItems: async () => items,
  } as unknown as ResponseStore
  return readHistory({ ...nothing, ...named }, { store, cipher, owner: null, now: 0, keepUntil: 0 })
}

const sealed = (id: string) => sealItem({ id, text: `{"n":"${id}"}`, writer: null }, cipher)

async function link(id: string, more: object = {}) {
  const facts = { id, owner: null, createdAt: 0, expiresAt: 1, previousId: null, conversationId: null, jobId: null }
  const made = { streamed: false, status: 'completed', provider: 'p', keyId: 'k', upstreamId: `up-${id}` } as const
  return { ...facts, ...made, input: [await sealed(`in-${id}`)], output: [await sealed(`out-${id}`)], ...more }
}

describe('the history', () => {
  it('is nothing where nothing is named', async () => expect(await read({})).toBe(noHistory))

  it('of a chain is what was said and answered, oldest first, and who keeps the last of it', async () => {
    const chain: Chain = { kind: 'whole', links: [await link('a', { upstreamId: null }), await link('b')] }
    const { items, held } = await read({ previousId: 'b' }, { chain })
    expect(items.map(({ id, place }) => [id, place])).toEqual([
      ['in-a', 'previous_response_id(a).input[0]'],
      ['out-a', 'previous_response_id(a).output[0]'],
      ['in-b', 'previous_response_id.input[0]'],
      ['out-b', 'previous_response_id.output[0]'],
    ])
    expect(held).toEqual({ provider: 'p', keyId: 'k', upstreamId: 'up-b' })
  })

  it.each([{ provider: null }, { keyId: null }, { upstreamId: null }])('is held by nobody: %j', async (more) => {
    const chain: Chain = { kind: 'whole', links: [await link('a', more)] }
    expect((await read({ previousId: 'a' }, { chain })).held).toBeUndefined()
  })

  it('of a conversation is its items', async () => {
    const items: ConversationItems = { kind: 'whole', items: [await sealed('x'), await sealed('y')] }
    const found = await read({ conversationId: 'c' }, { items })
    expect(found.items.map(({ id, text, place }) => [id, text, place])).toEqual([
      ['x', '{"n":"x"}', 'conversation.items[0]'],
      ['y', '{"n":"y"}', 'conversation.items[1]'],
    ])
    expect(found.held).toBeUndefined()
  })

  const chains: readonly [Chain, string, RegExp][] = [
    [{ kind: 'missing', id: 'a' }, 'previous_response_not_found', /^Previous response with id 'a' not found\.$/],
    [{ kind: 'missing', id: 'earlier' }, 'previous_response_not_found', /'a' goes on from 'earlier'/],
    [{ kind: 'too-long' }, 'history_too_long', /10000 items/],
    [{ kind: 'cycle', id: 'a' }, 'response_chain_cycle', /circle/],
  ]
  it.each(chains)('is refused: %j', async (chain, code, message) => {
    await expect(read({ previousId: 'a' }, { chain })).rejects.toMatchObject({
      status: 400,
      details: { code, param: 'previous_response_id' },
      message: expect.stringMatching(message),
    })
  })

  it.each([
    [{ kind: 'unknown' }, 404, 'conversation_not_found'],
    [{ kind: 'too-long' }, 400, 'history_too_long'],
  ] as const)('of a conversation is refused: %j', async (items, status, code) => {
    const refused = read({ conversationId: 'c' }, { items })
    await expect(refused).rejects.toMatchObject({ status, details: { code, param: 'conversation' } })
  })
})
