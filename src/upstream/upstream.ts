/** Calls providers over real sockets: straight, or through the proxy that their settings name. */
import type { Upstream } from '../ports/upstream.ts'
import type { SignIn } from './authorize.ts'
import { DirectExchange, DirectPools } from './direct.ts'
import { ProxiedExchange, ProxiedPools } from './proxied.ts'

export interface UpstreamOptions {
  readonly signIn: SignIn
}

/** `close` ends idle connections and waits for the busy ones. */
export function createUpstream({ signIn }: UpstreamOptions): Upstream & { close(): Promise<void> } {
  const direct = new DirectPools()
  const proxied = new ProxiedPools()
  let closed: Promise<unknown> | undefined
  return {
    send(call) {
      const exchange =
        call.network.proxy === undefined ? new DirectExchange(call, direct) : new ProxiedExchange(call, proxied)
      return exchange.begin(signIn)
    },
    async close() {
      closed ??= Promise.all([direct.close(), proxied.close()])
      await closed
    },
  }
}
