/** What bytes are by what is told of them and by how they begin, and the URI they are with their type. https://www.rfc-editor.org/rfc/rfc2397 */

/** How base64 of these begins, for data that comes without its type. */
const beginnings: readonly (readonly [string, string])[] = [
  ['/9j/', 'image/jpeg'],
  ['iVBORw0KGgo', 'image/png'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
  ['JVBERi0', 'application/pdf'],
]

/** The media type that the first bytes tell; undefined where they tell none. */
export function sniffedType(base64: string): string | undefined {
  return beginnings.find(([beginning]) => base64.startsWith(beginning))?.[1]
}

const textTypes = /^(text\/|application\/(json|xml|x-yaml|yaml|javascript|x-ndjson|jsonl|sql|toml)\b|.*\+(json|xml)\b)/

/** Are bytes of this media type a text? */
export function isTextType(mediaType: string): boolean {
  return textTypes.test(mediaType)
}

/** Bytes with their type, as one text. */
export function dataUri(base64: string, mediaType = 'application/octet-stream'): string {
  return `data:${mediaType};base64,${base64}`
}

const dataUriHead = /^data:([^;,]*)((?:;[^;,]*)*);base64,/i

/** Any other would have to be read in another way than every text is here. */
const otherCharset = /;\s*charset=(?!"?(?:utf-?8|us-ascii)\b)/i

/** The bytes of such a text, and their type without parameters; undefined where it is none in base64. */
export function readDataUri(uri: string): { mediaType?: string; data: string } | undefined {
  const [head, mediaType = '', parameters = ''] = dataUriHead.exec(uri) ?? []
  if (head === undefined || otherCharset.test(parameters)) return undefined
  const data = uri.slice(head.length)
  return mediaType === '' ? { data } : { mediaType: mediaType.toLowerCase(), data }
}
