/** Names for sentences, logs and headers: clients may write one as long as a body. */

/** The text itself, or its beginning where it is longer than that. */
export function shortened(text: string, length = 200): string {
  return text.length > length ? `${text.slice(0, length)}...` : text
}
