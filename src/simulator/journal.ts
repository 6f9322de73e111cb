/** What the simulator received, so that a test can look at what was really sent. Keeps the last requests, within bounds. */
import type { IncomingHttpHeaders } from 'node:http'
import { readJson } from '../core/parse-json.ts'

/** One request as it came. Fields below `headers` are filled in as things happen. */
export interface ReceivedRequest {
  method: string
  /** With the query. */
  path: string
  headers: IncomingHttpHeaders
  /** Milliseconds of the clock. */
  receivedAt: number
  /** The body, letter for letter; empty until all of it is there. */
  text: string
  /** The body as JSON, parsed anew each time it is asked for; undefined where it is none. */
  readonly body: unknown
  /** The status answered, or null while there is none. */
  status: number | null
  /** The client closed the connection before the reply was complete. */
  aborted: boolean
  abortedAt: number | null
}

const mostLetters = 32 * 1024 * 1024

/** A list of requests, oldest first, that drops what is too much. */
export class Journal {
  readonly requests: ReceivedRequest[] = []
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  /** An entry to fill in; it is kept only where `keep` says so. */
  add(request: Pick<ReceivedRequest, 'method' | 'path' | 'headers' | 'receivedAt'>, keep: boolean): ReceivedRequest {
    const entry: ReceivedRequest = {
      ...request,
      text: '',
      get body() {
        return parsed(this.text)
      },
      status: null,
      aborted: false,
      abortedAt: null,
    }
    if (keep) this.requests.push(entry)
    this.trim()
    return entry
  }

  /** Call it when a body has arrived. */
  trim(): void {
    let letters = this.requests.reduce((sum, { text }) => sum + text.length, 0)
    while (this.requests.length > this.most || (letters > mostLetters && this.requests.length > 1)) {
      letters -= this.requests.shift()!.text.length
    }
  }
}

function parsed(text: string): unknown {
  try {
    return readJson(text)
  } catch {
    return undefined
  }
}

const credentials = new Set(['authorization', 'api-key', 'x-api-key', 'x-goog-api-key', 'x-amz-security-token'])

/** A request as others may read it: of a credential only the last four letters. */
export function withoutSecrets(request: ReceivedRequest): object {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    credentials.has(name) ? `…${String(value).slice(-4)}` : value,
  ])
  // Google takes keys in the query.
  const path = request.path.replaceAll(/([?&]key=)[^&]*(?=[^&]{4})/g, '$1…')
  return { ...request, path, headers: Object.fromEntries(headers) }
}
