/** Checks of single texts that several parts of a configuration have: addresses, header values, lists of names. */
import type { Path } from './finding.ts'
import type { Report } from './report.ts'

/** An `http` or `https` address that paths can be put behind. An empty one counts as left out. */
export function checkUrl(text: string | undefined, path: Path, report: Report): void {
  if (text === undefined || text === '') return
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    report.fault(path, 'a text that is no address', 'an address that begins with https:// or http://')
  } else if (url.username !== '' || url.password !== '') {
    report.fault(path, 'an address with a user name or password in it', 'one without; use `value` or `extra_headers`')
  } else if (url.search !== '' || url.hash !== '') {
    report.fault(path, 'an address with a query', 'only the part that all operations have in common')
  }
}

/** Something that goes into an HTTP header as it is. https://www.rfc-editor.org/rfc/rfc9110#section-5.5 */
export function checkHeaderValue(
  text: string | undefined,
  path: Path,
  report: Report,
  characters = /^[\x20-\x7e\t]*$/,
) {
  if (text === undefined || characters.test(text)) return
  const place = Array.from(text).findIndex((character) => !characters.test(character))
  report.fault(path, `a value whose character ${place + 1} no HTTP header can hold`, 'printable ASCII')
}

/** Like `checkHeaderValue`, and without blanks. */
export function checkToken(text: string | undefined, path: Path, report: Report): void {
  checkHeaderValue(text, path, report, /^[\x21-\x7e]*$/)
}

/** A place of a provider's, which becomes part of an address. An empty one counts as left out. */
export function checkRegion(text: string | undefined, path: Path, report: Report): void {
  if (!text || /^[\w-]+$/.test(text)) return
  report.fault(path, 'a text that is no region', 'a name such as us-central1')
}

/** In version 2 `*` stands alone and no name stands twice. In version 1 a list may be anything. */
export function checkNames(
  names: readonly (string | undefined)[] | undefined,
  path: Path,
  version: 1 | 2,
  report: Report,
): void {
  if (version === 1) return
  const seen = new Map<string, number>()
  for (const [index, name] of (names ?? []).entries()) {
    if (name === undefined) continue
    if (name === '*' && names!.length > 1) {
      report.fault([...path, index], '"*" among other names', '"*" alone, or the names without it')
    }
    const first = seen.get(name.toLowerCase())
    if (first === undefined) seen.set(name.toLowerCase(), index)
    else report.fault([...path, index], `${JSON.stringify(name)} again, as at [${first}]`, 'each name once')
  }
}

/** Each of these is to be there only once: tells of every later one where the first is. */
export function checkUnique(
  texts: readonly (string | undefined)[],
  pathOf: (index: number) => Path,
  report: Report,
  show = true,
): void {
  const seen = new Map<string, number>()
  for (const [index, text] of texts.entries()) {
    if (text === undefined) continue
    const first = seen.get(text)
    if (first === undefined) seen.set(text, index)
    else
      report.fault(
        pathOf(index),
        `${show ? JSON.stringify(text) : 'the same value'} again, as at [${first}]`,
        'another',
      )
  }
}
