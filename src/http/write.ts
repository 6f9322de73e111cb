/** Puts replies on the wire: whole ones in one write, streams one write for each read of the provider, at the pace of the client. */
import type { ServerResponse } from 'node:http'
import type { StreamReply } from '../engine/stream-reply.ts'

/** `text` is a byte string. */
export function writeText(response: ServerResponse, status: number, headers: string[], text: string): void {
  headers.push('content-length', String(text.length))
  response.writeHead(status, headers)
  response.end(text, 'latin1')
  // Most replies are taken by the socket at once; one that is not may not wait for ever.
  if (response.writableLength > 0) response.setTimeout(patience, () => response.destroy())
}

/** Milliseconds a client may take nothing of what is ready for it. */
const patience = 300_000

/** `keepAlive`: milliseconds of silence before a comment is sent; 0 sends none. Ends when the stream or the client does. */
export async function writeStream(
  response: ServerResponse,
  headers: string[],
  stream: Pick<StreamReply, 'next'>,
  keepAlive: number,
): Promise<void> {
  response.writeHead(200, headers)
  // Proxies and browsers time out on silence; a comment line is not an event.
  const timer = keepAlive > 0 ? setTimeout(comment, keepAlive) : undefined
  function comment(): void {
    if (!response.destroyed && !response.writableNeedDrain) response.write(': keep-alive\n\n', 'latin1')
    timer?.refresh()
  }
  try {
    for (;;) {
      const bytes = await stream.next()
      if (bytes === null || response.destroyed) break
      timer?.refresh()
      if (!response.write(bytes, 'latin1')) await drained(response)
    }
  } finally {
    clearTimeout(timer)
  }
  response.end()
}

/** Resolves when the client has taken what was written, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), patience)
    const finish = () => {
      clearTimeout(timer)
      response.off('drain', finish)
      response.off('close', finish)
      resolve()
    }
    response.on('drain', finish)
    response.on('close', finish)
  })
}
