/** The HTTP of token calls: few and far between, so the platform's `fetch` is good enough for them. */
import type { AzureSignInWorld } from './azure-sign-in.ts'

/** Bytes of a reply that are looked at; tokens are a few kilobytes. */
const longest = 1024 * 1024

export type TokenFetch = typeof fetch

/** The same for a library that makes its calls itself. */
export const tokenFetch: TokenFetch = (input, init) => fetch(input, { ...init, redirect: 'error' })

export const tokenRequest: AzureSignInWorld['request'] = async (url, { method, headers, body, signal }) => {
  const response = await fetch(url, {
    method,
    headers,
    signal,
    redirect: 'error',
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  return { status: response.status, body: text.slice(0, longest) }
}
