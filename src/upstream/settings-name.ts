/** A name for what connections have in common, so that equal settings share them, even those read from the file again. */
import type { NetworkSettings } from '../core/snapshot.ts'

/** Settings are few and live long, so their names are kept with them. */
const names = new WeakMap<NetworkSettings, string>()

export function settingsName(network: NetworkSettings): string {
  let name = names.get(network)
  if (name === undefined) {
    const { connectTimeout, maxConnections, keepAliveTimeout, insecureSkipVerify, caCertificate, proxy } = network
    name = JSON.stringify([
      connectTimeout,
      maxConnections,
      keepAliveTimeout,
      insecureSkipVerify,
      caCertificate,
      proxy?.reveal(),
    ])
    names.set(network, name)
  }
  return name
}
