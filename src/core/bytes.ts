/** Byte strings (each character is one byte) to text and back. */

const decoder = new TextDecoder('utf-8')
const strictDecoder = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII is what is meant.
const ascii = /^[\x00-\x7f]*$/

/** The text that a byte string is the UTF-8 of; bytes that are not UTF-8 become U+FFFD. */
export function textOfBytes(bytes: string): string {
  if (ascii.test(bytes)) return bytes
  const buffer = new Uint8Array(bytes.length)
  for (let index = 0; index < bytes.length; index++) buffer[index] = bytes.charCodeAt(index)
  return decoder.decode(buffer)
}

/** The text that base64 stands for; undefined where it is no base64, or no UTF-8. */
export function textOfBase64(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    return strictDecoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** The UTF-8 of a text as a byte string. */
export function bytesOfText(text: string): string {
  if (ascii.test(text)) return text
  let bytes = ''
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte)
  return bytes
}
