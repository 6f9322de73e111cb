/** Which of a provider's response headers go on to the client. */

const kept = new Set([
  // Of one connection only (RFC 9110 7.6.1).
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Of the body, which is written anew.
  'content-encoding',
  'content-length',
  'content-type',
  'content-range',
  'content-md5',
  'etag',
  'last-modified',
  'accept-ranges',
  // Of the provider's relation to its own visitors.
  'set-cookie',
  'set-cookie2',
  'www-authenticate',
  'authorization',
  'alt-svc',
  'strict-transport-security',
  'date',
  'server',
  'via',
  'nel',
  'report-to',
  'reporting-endpoints',
  'vary',
  'cache-control',
  'expires',
  'pragma',
  'age',
  'location',
  // Ours.
  'x-request-id',
  'x-should-retry',
  'x-frame-options',
  'x-content-type-options',
  'referrer-policy',
  'content-security-policy',
  'permissions-policy',
])

const keptBeginnings = ['access-control-', 'cf-', 'x-asbru-', 'x-bifrost-', 'x-bf-', 'content-']

/** Names repeat from reply to reply, so each is judged once; the number of different ones is bounded. */
const verdicts = new Map<string, boolean>()

function goesOn(name: string): boolean {
  const known = verdicts.get(name)
  if (known !== undefined) return known
  const verdict = !kept.has(name) && !keptBeginnings.some((beginning) => name.startsWith(beginning))
  if (verdicts.size < 1000) verdicts.set(name, verdict)
  return verdict
}

/** Flat: name, value, … in the provider's order. Names are in lower case. */
export function passedOn(headers: Readonly<Record<string, string>>): string[] {
  const flat: string[] = []
  for (const name in headers) if (goesOn(name)) flat.push(name, headers[name] as string)
  return flat
}
