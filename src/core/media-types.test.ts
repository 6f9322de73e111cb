/** What bytes are. */
import { expect, it } from 'vitest'
import { dataUri, isTextType, readDataUri, sniffedType } from './media-types.ts'

it.each<[string, number[], string | undefined]>([
  ['a JPEG', [0xff, 0xd8, 0xff, 0xe0], 'image/jpeg'],
  ['a PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 'image/png'],
  ['a PDF', [...Buffer.from('%PDF-1.7')], 'application/pdf'],
  ['a text', [...Buffer.from('Dear all')], undefined],
  ['nothing', [], undefined],
])('%s is known by its first bytes', (_, bytes, type) => {
  expect(sniffedType(Buffer.from(bytes).toString('base64'))).toBe(type)
})

it.each([
  ['text/plain; charset=utf-8', true],
  ['application/json', true],
  ['application/ld+json', true],
  ['image/svg+xml', true],
  ['application/jsonp', false],
  ['application/pdf', false],
  ['', false],
])('%s is a text: %s', (type, isText) => {
  expect(isTextType(type)).toBe(isText)
})

it('bytes of an unknown type have a URI as well', () => {
  expect([dataUri('QQ==', 'text/plain'), dataUri('QQ==')]).toEqual([
    'data:text/plain;base64,QQ==',
    'data:application/octet-stream;base64,QQ==',
  ])
})

it.each<[string, object | undefined]>([
  ['data:image/png;base64,QQ==', { mediaType: 'image/png', data: 'QQ==' }],
  ['data:text/plain;charset=utf-8;base64,QQ==', { mediaType: 'text/plain', data: 'QQ==' }],
  ['DATA:Application/PDF;name=a%20b.pdf;BASE64,QQ==', { mediaType: 'application/pdf', data: 'QQ==' }],
  ['data:;base64,QQ==', { data: 'QQ==' }],
  ['data:text/plain;charset=iso-8859-1;base64,5A==', undefined],
  ['data:image/svg+xml,<svg/>', undefined],
  ['QQ==', undefined],
])('%s is read as %j', (uri, read) => {
  expect(readDataUri(uri)).toEqual(read)
})
