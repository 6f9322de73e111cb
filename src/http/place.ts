/** Where a request wants to go: its target, taken apart. https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */

/** `query` is what stands behind the question mark. */
export function placeOf(target: string): { path: string; query: string } {
  const url = originForm(target)
  const mark = url.indexOf('?')
  return mark === -1 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

/** Clients that take this house for a proxy send the whole URL. */
function originForm(url: string): string {
  if (url.startsWith('/')) return url
  const origin = /^https?:\/\/[^/?#]*/i.exec(url)
  return origin === null ? url : url.slice(origin[0].length)
}
