/** Byte strings (each character is one byte) to text and back. */

const decoder = new TextDecoder('utf-8')
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

/** The UTF-8 of a text as a byte string. */
export function bytesOfText(text: string): string {
  if (ascii.test(text)) return text
  let bytes = ''
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte)
  return bytes
}
