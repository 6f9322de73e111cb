/**
 * Server-sent events, among which an error may come as bare JSON over several lines: what went wrong after the start is written into the
 * stream as if it were a reply. https://github.com/googleapis/js-genai/blob/main/src/_api_client.ts
 */
import { textOfBytes } from '../../core/bytes.ts'
import type { Framing } from '../../core/dialect.ts'
import type { Frame } from '../../core/sse.ts'
import { serverSentEvents } from '../../core/translate.ts'

/** Bytes of such an error that are kept. */
const longestStray = 1024 * 1024

export const geminiFraming: Framing = {
  mediaType: serverSentEvents.mediaType,
  reader() {
    const events = serverSentEvents.reader()
    let atLineStart = true
    /** What came since a line began like JSON. */
    let stray: string | undefined
    return {
      push(bytes) {
        if (stray !== undefined) {
          if (stray.length < longestStray) stray += bytes
          return []
        }
        const begin = strayBegin(bytes, atLineStart)
        if (bytes !== '') atLineStart = bytes.endsWith('\n')
        if (begin === -1) return events.push(bytes)
        stray = bytes.slice(begin)
        return events.push(bytes.slice(0, begin))
      },
      end: () => [...events.end(), ...strayFrame(stray)],
    }
  },
}

/** No field of an event begins so. */
function strayBegin(bytes: string, atLineStart: boolean): number {
  if (atLineStart && (bytes.startsWith('{') || bytes.startsWith('['))) return 0
  for (const begin of ['\n{', '\n[']) {
    const found = bytes.indexOf(begin)
    if (found !== -1) return found + 1
  }
  return -1
}

/** As one event. */
function strayFrame(stray: string | undefined): Frame[] {
  return stray === undefined ? [] : [{ event: 'error', data: textOfBytes(stray) }]
}
