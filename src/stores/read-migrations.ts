/** The steps by which a database gets the tables this version knows, in their order: the files of a folder under `migrations/`. */
import { readdirSync, readFileSync } from 'node:fs'

export interface Migration {
  /** The number its file begins with; it is applied once. */
  readonly version: number
  readonly name: string
  readonly sql: string
}

/** Beside `src` while developing, beside `dist` in the package. */
const directory = new URL('../../migrations/', import.meta.url)

export function readMigrations(engine: 'sqlite' | 'postgres'): readonly Migration[] {
  const folder = new URL(`${engine}/`, directory)
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => ({
      version: Number.parseInt(name, 10),
      name: name.slice(0, -'.sql'.length),
      sql: readFileSync(new URL(name, folder), 'utf8'),
    }))
}
