/** Calls providers over real sockets: straight, or through the proxy that their settings name. */
import type { Upstream } from '../ports/upstream.ts'
import type { SignIns } from './authorize.ts'
import { DirectExchange, DirectPools } from './direct.ts'
import { ProxiedExchange, ProxiedPools } from './proxied.ts'

export interface UpstreamOptions extends SignIns {}

/** `close` ends idle connections and waits for the busy ones. */
export function createUpstream(options: UpstreamOptions): Upstream & { close(): Promise<void> } {
  const direct = new DirectPools()
  const proxied = new ProxiedPools()
  let closed: Promise<unknown> | undefined
  return {
    send(call) {
      const exchange =
        call.network.proxy === undefined ? new DirectExchange(call, direct) : new ProxiedExchange(call, proxied)
      return exchange.begin(options)
    },
    async close() {
      closed ??= Promise.all([direct.close(), proxied.close()])
      await closed
    },
  }
}
