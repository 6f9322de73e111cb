/** What models cost by the price lists that are known. Loading them may take a moment, and is not begun before somebody wants to know. */
import type { Price } from '../core/price.ts'

export interface Prices {
  /** Begins to load where that has not begun. Undefined once prices can be found, else a promise of it that does not reject. */
  ready(): Promise<void> | undefined
  /**
   * The price of a model in a list, at a time (Unix milliseconds), for prices change by date and by the hour. Names compare without regard
   * to case. Undefined: not known, or not loaded yet.
   */
  find(list: string, model: string, at: number): Price | undefined
}
