/** Parts of messages as clients write them. */
import { expect, it } from 'vitest'
import { decodePart } from './blocks.ts'

const read = (mediaType: string, data: string) => ({ kind: 'data', mediaType, data })

it.each<[string, object]>([
  ['data:text/plain;base64,QQ==', read('text/plain', 'QQ==')],
  ['data:text/plain;charset=utf-8;base64,QQ==', read('text/plain', 'QQ==')],
  ['data:application/pdf;name=a.pdf;base64,QQ==', read('application/pdf', 'QQ==')],
  // Nobody takes these for bytes in base64.
  ['data:text/plain,A', { kind: 'url', url: 'data:text/plain,A' }],
  ['QQ==', { kind: 'data', data: 'QQ==' }],
])('a file of %s', (file_data, source) => {
  expect(decodePart({ type: 'file', file: { file_data } })).toEqual({ type: 'file', source })
})
