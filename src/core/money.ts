/** Money is whole nano-dollars (1e-9 USD) inside; JSON numbers of dollars exist at the wire alone. */

const nanoPerDollar = 1e9

/** Dollars as a provider's JSON has them → whole nano-dollars, rounded to the nearest. */
export function nanoDollars(dollars: number): number {
  return Math.round(dollars * nanoPerDollar)
}

/** Whole nano-dollars → dollars for the wire. Exact to the last digit a double of this size can show. */
export function dollars(nano: number): number {
  return nano / nanoPerDollar
}
