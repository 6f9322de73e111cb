/** The proxy on the way to a provider. https://curl.se/docs/manpage.html#ENVIRONMENT describes the variables. */
import { Secret } from '../core/secret.ts'
import type { Variables } from './reference.ts'
import type { ProxyEntry } from './schema.ts'

/** The proxy for an address, undefined where there is none on the way. */
export function proxyFor(
  entry: ProxyEntry | undefined,
  address: string | undefined,
  variables: Variables,
): Secret | undefined {
  if (entry?.type === 'http') return entry.url === undefined ? undefined : new Secret(withCredentials(entry))
  if (entry?.type !== 'environment' || address === undefined) return undefined
  const url = URL.parse(address)
  if (url === null || isExempt(url, variables)) return undefined
  const name = proxyVariables(variables).find((candidate) => covers(candidate, url.protocol))
  return name === undefined ? undefined : new Secret(withScheme(variables[name]!.trim()))
}

/** The variables that name a proxy and are set, the most telling first. */
export function proxyVariables(variables: Variables): string[] {
  const names = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']
  return names.filter((name) => variables[name]?.trim() && !/^socks/i.test(variables[name].trim()))
}

function covers(name: string, protocol: string): boolean {
  const scheme = name.toLowerCase().split('_')[0]
  return scheme === 'all' || `${scheme}:` === protocol
}

/** `NO_PROXY` lists hosts and domains; this machine needs no proxy to reach itself. */
function isExempt({ hostname, host }: URL, variables: Variables): boolean {
  if (hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname)) return true
  const list = (variables['no_proxy'] ?? variables['NO_PROXY'] ?? '').toLowerCase().split(/[\s,]+/)
  return list.some((entry) => {
    const name = entry.replace(/^\*?\./, '')
    return entry === '*' || (name !== '' && (hostname === name || host === name || hostname.endsWith(`.${name}`)))
  })
}

function withCredentials({ url: address = '', username, password }: ProxyEntry): string {
  const url = URL.parse(address)
  if (url === null || !username) return address
  url.username = encodeURIComponent(username)
  url.password = encodeURIComponent(password ?? '')
  return url.href
}

function withScheme(text: string): string {
  return /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`
}
