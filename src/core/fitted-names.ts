/** Names and ids that a provider refuses, made into ones that it takes, and back. */
import { FreeNames } from './free-names.ts'

export interface NameRule {
  /** Letters that may not be in a name. */
  readonly unfit: RegExp
  readonly longest: number
}

/** Names as a provider takes them. Made anew from the same request they are the same. */
export class FittedNames {
  readonly #fitted = new Map<string, string>()
  readonly #originals = new Map<string, string>()
  readonly #free = new FreeNames()

  constructor(names: Iterable<string>, rule: NameRule) {
    const unfit: string[] = []
    for (const name of new Set(names)) {
      if (fits(name, rule)) this.#keep(name)
      else unfit.push(name)
    }
    // Those that fit keep their names, so the others come last.
    for (const name of unfit) this.#put(name, this.#make(name, rule))
  }

  fit(name: string): string {
    return this.#fitted.get(name) ?? name
  }

  original(fitted: string): string {
    return this.#originals.get(fitted) ?? fitted
  }

  #put(name: string, fitted: string): void {
    this.#fitted.set(name, fitted)
    this.#originals.set(fitted, name)
  }

  #keep(name: string): void {
    this.#free.add(name)
    this.#put(name, name)
  }

  #make(name: string, { unfit, longest }: NameRule): string {
    const base = name.replaceAll(new RegExp(unfit.source, 'gu'), '_').slice(0, longest) || '_'
    return this.#free.give(base, (number) => `${base.slice(0, longest - 1 - String(number).length)}_${number}`)
  }
}

function fits(name: string, { unfit, longest }: NameRule): boolean {
  return name !== '' && name.length <= longest && !unfit.test(name)
}
