/**
 * Signatures of AWS over a request as it goes out. The AWS library signs as well, at three times the cost, and only asynchronously; in the tests it is
 * held against this. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac } from 'node:crypto'

export interface AwsKeys {
  readonly accessKey: string
  readonly secretKey: string
  readonly sessionToken: string | undefined
}

export interface RequestToSign {
  readonly method: string
  /** What the host header says. */
  readonly host: string
  /** Path and query, percent-encoded, as they are sent. */
  readonly path: string
  /** Flat: name, value, …, names in lower case. The content type is signed, if there is one. */
  readonly headers: readonly string[]
  readonly body: string | undefined
}

export interface Scope {
  readonly region: string
  readonly service: string
  /** Unix milliseconds. */
  readonly time: number
}

/** The headers that sign a request: flat, name, value, … */
export function signedHeaders(request: RequestToSign, keys: AwsKeys, scope: Scope): string[] {
  const moment = new Date(scope.time).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const own = ['x-amz-date', moment]
  if (keys.sessionToken !== undefined) own.push('x-amz-security-token', keys.sessionToken)
  const signed = [...namesAndValues(request, own)].sort(([one], [other]) => (one < other ? -1 : 1))
  const names = signed.map(([name]) => name).join(';')
  const credentialScope = `${moment.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${moment}\n${credentialScope}\n${sha256(canonicalRequest(request, signed, names))}`
  const signature = createHmac('sha256', signingKey(keys.secretKey, credentialScope)).update(text).digest('hex')
  const credential = `Credential=${keys.accessKey}/${credentialScope}`
  own.push('authorization', `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`)
  return own
}

function* namesAndValues({ host, headers }: RequestToSign, own: readonly string[]): Generator<[string, string]> {
  yield ['host', host]
  const type = headers.indexOf('content-type')
  if (type !== -1) yield ['content-type', trimmed(headers[type + 1] as string)]
  for (let index = 0; index < own.length; index += 2) yield [own[index] as string, own[index + 1] as string]
}

function trimmed(value: string): string {
  return value.trim().replace(/ {2,}/g, ' ')
}

function canonicalRequest(
  { method, path, body }: RequestToSign,
  signed: readonly [string, string][],
  names: string,
): string {
  const mark = path.indexOf('?')
  const place = mark === -1 ? path : path.slice(0, mark)
  const query = mark === -1 ? '' : canonicalQuery(path.slice(mark + 1))
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('')
  return `${method}\n${canonicalPath(place)}\n${query}\n${lines}\n${names}\n${sha256(body ?? '')}`
}

/** Every service but S3 wants what is encoded to be encoded once more. */
function canonicalPath(path: string): string {
  return path.split('/').map(encoded).join('/')
}

function canonicalQuery(query: string): string {
  const pairs = query.split('&').filter((pair) => pair !== '')
  const sorted = pairs.map((pair): [string, string] => {
    const at = pair.indexOf('=')
    return at === -1 ? [recoded(pair), ''] : [recoded(pair.slice(0, at)), recoded(pair.slice(at + 1))]
  })
  sorted.sort(([name, value], [other, another]) => compare(name, other) || compare(value, another))
  return sorted.map(([name, value]) => `${name}=${value}`).join('&')
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** Encoded the one way that is canonical, whichever way it was encoded before. */
function recoded(text: string): string {
  try {
    return encoded(decodeURIComponent(text))
  } catch {
    return encoded(text)
  }
}

/** Everything but letters, digits and `-_.~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** Keys of one day, region and service: the next requests of the same credential need no other. */
const signingKeys = new Map<string, Buffer>()
const mostSigningKeys = 1000

function signingKey(secretKey: string, credentialScope: string): Buffer {
  // Not the secret itself: it would stay in memory when nobody has it any more.
  const name = `${sha256(secretKey)} ${credentialScope}`
  let key = signingKeys.get(name)
  if (key === undefined) {
    key = credentialScope.split('/').reduce<Buffer | string>(hmac, `AWS4${secretKey}`) as Buffer
    if (signingKeys.size >= mostSigningKeys) signingKeys.clear()
    signingKeys.set(name, key)
  }
  return key
}
