/** Members of messages that not every provider of this wire knows. */
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { openaiChat } from './provider.ts'
import type { Quirks } from './quirks.ts'

function adapted(message: JsonObject, quirks: Quirks) {
  const body = { model: 'm', messages: [message] }
  const text = JSON.stringify(body)
  const to = { model: 'm', passExtraParams: false, header: () => undefined }
  const { text: sent, dropped } = openaiChat(quirks).adaptRequest({ text, members: members(text), body }, to)
  return [(JSON.parse(sent) as { messages: JsonObject[] }).messages[0], dropped]
}

describe('pictures that a model made', () => {
  const images = [{ index: 0, type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }]
  const drawn = { role: 'assistant', content: 'Here.', images }

  it.each<[string, JsonObject, Quirks, JsonObject, string[]]>([
    ['go back where they may', drawn, { imagesBack: true }, drawn, []],
    ['are left out elsewhere', drawn, {}, { role: 'assistant', content: 'Here.' }, ['messages[0].images']],
    ['are not named where there are none', { ...drawn, images: null }, {}, { role: 'assistant', content: 'Here.' }, []],
    ['of others are not known', { ...drawn, role: 'user' }, {}, { ...drawn, role: 'user' }, []],
  ])('%s', (_, message, quirks, sent, dropped) => {
    expect(adapted(message, quirks)).toEqual([sent, dropped])
  })
})
