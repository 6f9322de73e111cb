/** What the house tells its operators. Secrets never come in: they are `Secret`s, which print as stars. */

export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
