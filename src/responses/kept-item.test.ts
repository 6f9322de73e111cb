import { describe, expect, it } from 'vitest'
import { createCipher } from '../encryption/create-cipher.ts'
import { identified, idFor, openItem, sealItem } from './kept-item.ts'

const writer = { provider: 'openai', keyId: 'k', dialect: 'openai-responses' }
const text = '{ "type":"message","n":1.0,"big":12345678901234567890,"item":"x","writer":{"a":1}}'

describe('an item that is kept', () => {
  it.each([null, writer])('is the same letter for letter, with its writer', async (by) => {
    const cipher = createCipher(null)
    expect(await openItem(await sealItem({ id: 'i', text, writer: by }, cipher), cipher)).toEqual({
      id: 'i',
      text,
      writer: by,
    })
  })

  it('is sealed under its own id', async () => {
    const cipher = createCipher('a key of many letters')
    const sealed = await sealItem({ id: 'i', text, writer }, cipher)
    expect(sealed.item).not.toContain('message')
    expect((await openItem(sealed, cipher)).text).toBe(text)
    await expect(openItem({ ...sealed, id: 'j' }, cipher)).rejects.toMatchObject({ failure: 'sealed-unreadable' })
  })

  it.each([
    ['{"role":"user"}', '{"id":"i","role":"user"}'],
    ['{"role":"user", "id" : "mine", "n":1.0}', '{"role":"user", "id" : "i", "n":1.0}'],
    ['{}', '{"id":"i"}'],
  ])('is shown with its id: %s', (given, shown) => {
    expect(identified({ id: 'i', text: given, writer: null }).text).toBe(shown)
  })

  it.each([
    [{ role: 'user' }, 'msg_r'],
    [{ type: 'function_call_output' }, 'fco_r'],
    [{ type: 'constructor' }, 'item_r'],
    [{ type: 'dream' }, 'item_r'],
  ])('has an id that says what it is: %j', (item, id) => expect(idFor(item, 'r')).toBe(id))
})
