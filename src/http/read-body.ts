/** Takes a request's body off the wire: bounded in size, decompressed where it came compressed. */
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { GatewayError } from '../core/errors.ts'

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

const decoders = new Map<string, Decoder>([
  ['gzip', promisify(zlib.gunzip)],
  ['x-gzip', promisify(zlib.gunzip)],
  ['deflate', promisify(zlib.inflate)],
  ['br', promisify(zlib.brotliDecompress)],
  ['zstd', promisify(zlib.zstdDecompress)],
])

/** Rejects with `request-too-large` above `limit` bytes, `client-gone` when the client leaves in the middle. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limit) throw tooLarge(limit)
  const bytes = await collect(request, limit)
  const encoding = request.headers['content-encoding']
  return encoding === undefined || encoding === 'identity' ? bytes : decompress(bytes, encoding.toLowerCase(), limit)
}

function collect(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) return void chunks.push(chunk)
      request.off('data', take)
      request.pause()
      reject(tooLarge(limit))
    }
    request.on('data', take)
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
    request.on('error', () => reject(new GatewayError('client-gone', 'the client left in the middle of its request')))
  })
}

async function decompress(bytes: Buffer, encoding: string, limit: number): Promise<Buffer> {
  const decode = decoders.get(encoding)
  if (decode === undefined) {
    const known = [...decoders.keys()].join(', ')
    throw new GatewayError(
      'invalid-request',
      `invalid compressed request body: Content-Encoding '${encoding}' is not one of ${known}`,
      {
        code: 'unsupported_encoding',
      },
    )
  }
  try {
    return await decode(bytes, { maxOutputLength: limit })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      const message = `decompressed request body exceeds max allowed size of ${limit} bytes`
      throw new GatewayError('request-too-large', message, { code: 'request_too_large' })
    }
    const message = `invalid compressed request body: ${(error as Error).message}`
    throw new GatewayError('invalid-request', message, { code: 'invalid_encoding' })
  }
}

function tooLarge(limit: number): GatewayError {
  const message = `The request body is larger than ${limit} bytes. Send less, or raise client.max_request_body_size_mb.`
  return new GatewayError('request-too-large', message, { code: 'request_too_large' })
}
