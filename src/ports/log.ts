/** What the house tells its operators. Secrets never come in: they are `Secret`s, which print as stars. */

export interface Log {
  /** Would anybody hear it? Spares the making of what nobody reads. */
  isLevelEnabled(level: 'debug'): boolean
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
