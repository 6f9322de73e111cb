/** Server-sent events as values (https://html.spec.whatwg.org/multipage/server-sent-events.html). */

/** One event: its data with line feeds between the lines, and its name where it has one. */
export interface Frame {
  readonly event?: string | undefined
  readonly data: string
}

/** The text of one event on the wire. */
export function frameText(frame: Frame): string {
  const head = frame.event === undefined ? '' : `event: ${frame.event}\n`
  // Data with line feeds needs a field for each line; JSON as providers print it has none.
  const data = frame.data.includes('\n') ? frame.data.replaceAll('\n', '\ndata: ') : frame.data
  return `${head}data: ${data}\n\n`
}
