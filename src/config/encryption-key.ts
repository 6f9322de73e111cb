/** The key that what is kept on disk is encrypted with: of the configuration file, else of the environment. */
import type { Variables } from './reference.ts'
import type { Config } from './schema.ts'

const names = ['ASBRU_ENCRYPTION_KEY', 'BIFROST_ENCRYPTION_KEY']

/** Null: nothing is encrypted. */
export function encryptionKey(config: Pick<Config, 'encryption_key'>, variables: Variables): string | null {
  const candidates = [config.encryption_key, ...names.map((name) => variables[name])]
  return candidates.find((text) => text !== undefined && text.trim() !== '')?.trim() ?? null
}
