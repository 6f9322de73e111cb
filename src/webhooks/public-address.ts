/**
 * Which IP addresses are on the public internet. Everything else is somebody's own: this machine, its network, the services by which clouds tell
 * machines who they are. https://www.iana.org/assignments/iana-ipv4-special-registry https://www.iana.org/assignments/iana-ipv6-special-registry
 */
import { BlockList, isIP } from 'node:net'

const privateRanges4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Where Azure serves the machines it hosts; public by its number alone. https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16
  ['168.63.129.16', 32],
]

/** Of what is given out to networks, 2000::/3: protocols, tunnels that carry an address of version 4, examples. */
const privateRanges6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const private4 = new BlockList()
for (const [network, prefix] of privateRanges4) private4.addSubnet(network, prefix, 'ipv4')
const private6 = new BlockList()
for (const [network, prefix] of privateRanges6) private6.addSubnet(network, prefix, 'ipv6')
const given6 = new BlockList()
given6.addSubnet('2000::', 3, 'ipv6')

/** Takes what resolvers and URLs give; without brackets. What is no address is not public. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !private4.check(address, 'ipv4')
  // One with a zone is of this machine's own network.
  if (family !== 6 || address.includes('%')) return false
  const inside = carried(address)
  if (inside !== undefined) return isPublicAddress(inside)
  return given6.check(address, 'ipv6') && !private6.check(address, 'ipv6')
}

/** What is wrong with the host of a URL, as far as that can be seen without asking anybody. Undefined: a name, or an address that is public. */
export function refusedAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host) !== 0 && !isPublicAddress(host)) return `${host} is not a public address`
  return /(?:^|\.)localhost\.?$/.test(host) ? `${host} is this machine` : undefined
}

/** The prefixes of addresses that stand for one of version 4: https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2, https://www.rfc-editor.org/rfc/rfc6052#section-2.1 */
const carriers = new Set(['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'])

function carried(address: string): string | undefined {
  const groups = groupsOf(address)
  if (!carriers.has(groups.slice(0, 6).join(':'))) return undefined
  const [high, low] = groups.slice(6).map((group) => Number.parseInt(group, 16)) as [number, number]
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}

/** The eight parts, without leading zeros, of however it was written. */
function groupsOf(address: string): string[] {
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [front = '', back] = written.split('::')
  const first = front === '' ? [] : front.split(':')
  const last = back === undefined || back === '' ? [] : back.split(':')
  return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => '0'), ...last]
}
