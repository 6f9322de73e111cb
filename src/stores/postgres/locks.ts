/** The advisory locks that gateways on one database share, as the two numbers each is asked for by. */

/** `asbr` as a number, so that others who use such locks in the same database do not meet ours. */
const family = 0x61736272

export const locks = {
  migrations: `${family}, 1`,
  claims: `${family}, 2`,
} as const
