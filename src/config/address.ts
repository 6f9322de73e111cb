/** Where providers and keys say that they are. */
import type { Draft } from './draft.ts'
import type { KeyEntry } from './schema.ts'

/** The key's own address, which comes before the provider's. */
export function addressOf(key: Draft<KeyEntry>): string | undefined {
  const { azure_key_config, vllm_key_config, ollama_key_config, sgl_key_config } = key
  return (
    azure_key_config?.endpoint || vllm_key_config?.url || ollama_key_config?.url || sgl_key_config?.url || undefined
  )
}

/** Paths are put behind addresses, and begin with the slash. */
export function withoutSlash(address: string | undefined): string | undefined {
  return address?.replace(/\/+$/, '') || undefined
}
