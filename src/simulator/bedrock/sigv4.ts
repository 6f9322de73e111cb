/**
 * Verifies AWS signatures, version 4: computes what a request should have been signed with from nothing but the bytes that came.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { exception } from './errors.ts'

/** What of a request is signed. */
export interface SignedRequest {
  method: string
  /** As it stood in the request line, with the query. */
  url: string
  headers: IncomingHttpHeaders
  /** The body, whose UTF-8 is the bytes that came. */
  text: string
}

export interface Verification {
  /** Such as `bedrock`. */
  service: string
  /** Milliseconds since 1970. */
  now: number
  /** The secret of an access key, or undefined where there is no such key. */
  secretOf: (accessKey: string) => string | undefined
}

const algorithm = 'AWS4-HMAC-SHA256'
const mostSkew = 5 * 60_000

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text, 'utf8').digest()

/** The access key that signed the request. Throws a `Refused`, in the service's words, where the signature is not right. */
export function verifySignature(request: SignedRequest, { service, now, secretOf }: Verification): string {
  const signed = readAuthorization(request.headers.authorization ?? '')
  const moment = timeOf(request.headers)
  checkSignedHeaders(request.headers, signed.headers)
  checkScope(signed, moment, service)
  const secret = secretOf(signed.accessKey)
  if (secret === undefined) throw unrecognized()
  checkTime(moment, now)
  checkPayload(request)
  const expected = signatureOf(request, signed, moment, secret)
  const given = Buffer.from(signed.signature, 'utf8')
  if (given.length !== expected.length || !timingSafeEqual(given, Buffer.from(expected))) throw mismatch()
  return signed.accessKey
}

/** An `Authorization` header, taken apart. */
interface Authorization {
  accessKey: string
  date: string
  region: string
  service: string
  /** Names in lower case. */
  headers: string[]
  signature: string
}

function readAuthorization(header: string): Authorization {
  const parts = new Map<string, string>()
  for (const part of header.slice(algorithm.length).split(',')) {
    const [name = '', value = ''] = part.trim().split('=', 2)
    parts.set(name, value)
  }
  const read = (name: string) => {
    const value = parts.get(name)
    if (value) return value
    throw incomplete(`Authorization header requires '${name}' parameter. Authorization=${algorithm}`)
  }
  const credential = read('Credential').split('/')
  const [terminator, service = '', region = '', date = ''] = credential.toReversed()
  if (credential.length < 5 || terminator !== 'aws4_request') {
    throw incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${read('Credential')}'`,
    )
  }
  const accessKey = credential.slice(0, -4).join('/')
  const headers = read('SignedHeaders').split(';')
  return { accessKey, date, region, service, headers, signature: read('Signature') }
}

function timeOf(headers: IncomingHttpHeaders): string {
  const moment = String(headers['x-amz-date'] ?? '')
  if (!/^\d{8}T\d{6}Z$/.test(moment)) {
    throw incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  }
  return moment
}

/** The host and every `x-amz-` header must be signed, each name once and in order. */
function checkSignedHeaders(headers: IncomingHttpHeaders, signed: readonly string[]): void {
  if (!signed.includes('host'))
    throw mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
  const unsigned = Object.keys(headers).find((name) => name.startsWith('x-amz-') && !signed.includes(name))
  if (unsigned) throw mismatch(`There were headers present in the request which were not signed: ${unsigned}`)
  const absent = signed.find((name) => headers[name] === undefined)
  if (absent !== undefined) throw mismatch()
  const orderly = signed.every(
    (name, place) => name === name.toLowerCase() && (place === 0 || signed[place - 1]! < name),
  )
  if (!orderly) throw mismatch()
}

function checkScope({ date, region, service: scopeService }: Authorization, moment: string, service: string): void {
  if (scopeService !== service) throw mismatch(`Credential should be scoped to correct service: '${service}'. `)
  if (!/^[a-z]{2,}(-[a-z]+)+-\d$/.test(region)) throw mismatch(`Credential should be scoped to a valid region. `)
  if (date !== moment.slice(0, 8)) {
    throw mismatch(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${moment.slice(0, 8)}', from '${moment}'.`,
    )
  }
}

function checkTime(moment: string, now: number): void {
  const signedAt = Date.parse(moment.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'))
  const written = (time: number) => new Date(time).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  if (signedAt < now - mostSkew) {
    throw mismatch(
      `Signature expired: ${moment} is now earlier than ${written(now - mostSkew)} (${written(now)} - 5 min.)`,
    )
  }
  if (!(signedAt <= now + mostSkew)) {
    throw mismatch(
      `Signature not yet current: ${moment} is still later than ${written(now + mostSkew)} (${written(now)} + 5 min.)`,
    )
  }
}

/** A hash of the body that the request carries with it must be that of the body that came. */
function checkPayload({ headers, text }: SignedRequest): void {
  const told = headers['x-amz-content-sha256']
  if (told !== undefined && told !== sha256(text)) {
    throw mismatch("The provided 'x-amz-content-sha256' header does not match what was computed.")
  }
}

/** Steps 1 to 4 of the specification: canonical request, text to sign, key, signature. */
function signatureOf(request: SignedRequest, signed: Authorization, moment: string, secret: string): string {
  const scope = [signed.date, signed.region, signed.service, 'aws4_request']
  const text = [algorithm, moment, scope.join('/'), sha256(canonicalRequest(request, signed.headers))].join('\n')
  const key = scope.reduce<string | Buffer>((inner, part) => hmac(inner, part), `AWS4${secret}`)
  return hmac(key, text).toString('hex')
}

function canonicalRequest({ method, url, headers, text }: SignedRequest, signed: readonly string[]): string {
  const at = url.indexOf('?')
  const [path, query] = at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
  const lines = signed.map((name) => `${name}:${[headers[name]].flat().join(',').trim().replaceAll(/ +/g, ' ')}\n`)
  return [method, canonicalPath(path), canonicalQuery(query), lines.join(''), signed.join(';'), sha256(text)].join('\n')
}

/** The path is encoded once more than it was sent, by every service but S3. */
const canonicalPath = (path: string) => path.split('/').map(encoded).join('/') || '/'

function canonicalQuery(query: string): string {
  if (query === '') return ''
  const pairs = query.split('&').map((pair) => {
    const at = pair.indexOf('=')
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    return `${encoded(decoded(name))}=${encoded(decoded(value))}`
  })
  return pairs.sort().join('&')
}

/** What cannot be decoded was signed by nobody. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw mismatch()
  }
}

/** Everything but letters, digits, `-`, `.`, `_` and `~`. */
const encoded = (text: string) =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)

const incomplete = (message: string) => exception(400, 'IncompleteSignatureException', message)

/** The key is none of ours. */
export const unrecognized = () =>
  exception(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.')

const mismatch = (
  message = 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
) => exception(403, 'InvalidSignatureException', message)
