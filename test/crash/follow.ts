/** A client that follows a background response through every death of its gateway: it goes on from the last whole event it has. */
import { setTimeout as pause } from 'node:timers/promises'

export interface Followed {
  readonly id: string
  /** All frames, each once. */
  readonly frames: readonly string[]
  /** How often the connection broke. */
  readonly breaks: number
}

/** `urls`: gateways, of which it takes the next one each time a connection breaks. Gives up after so many milliseconds. */
export async function followThroughAll(
  urls: readonly string[],
  body: object,
  onFrame: (count: number) => void,
  patience = 120_000,
): Promise<Followed> {
  const end = performance.now() + patience
  const frames: string[] = []
  let id: string | undefined
  let breaks = 0
  for (let turn = 0; performance.now() < end; turn++) {
    const url = `${urls[turn % urls.length]}/openai/v1/responses`
    try {
      const reply =
        id === undefined
          ? await fetch(url, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify(body),
            })
          : await fetch(`${url}/${id}?stream=true${frames.length === 0 ? '' : `&starting_after=${frames.length - 1}`}`)
      if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`)
      let rest = ''
      for await (const bytes of reply.body!.pipeThrough(new TextDecoderStream())) {
        const parts = (rest + bytes).split(/(?<=\n\n)/)
        rest = parts.at(-1)!.endsWith('\n\n') ? '' : parts.pop()!
        for (const frame of parts.filter((part) => !part.startsWith(':'))) {
          frames.push(frame)
          id ??= /"(resp_\w+)"/.exec(frame)?.[1]
          onFrame(frames.length)
        }
      }
      if (/^event: response\.(?:completed|incomplete|failed)$/m.test(frames.at(-1) ?? ''))
        return { id: id!, frames, breaks }
    } catch {
      // The gateway is dead, or not there yet.
    }
    breaks++
    await pause(50)
  }
  throw new Error(`The response ${id} has come to no end; ${frames.length} events, ${breaks} breaks`)
}
