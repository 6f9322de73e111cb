/** The matrix as the tables of docs/translation.md. `node test/matrix/table.ts` prints them. */
import { exceptionFor, exceptions, type Outcome } from './exceptions.ts'
import { matrixProviders, type ProviderName } from './providers.ts'
import { scenes } from './scenes.ts'

const signs: Readonly<Record<Outcome['kind'], string>> = { named: 'named', unseen: '–' }

/** A row a scene, a column a provider. */
export function matrixTable(): string {
  const head = ['Scene', ...matrixProviders.map(({ name }) => name)]
  const rows = scenes.map(({ name }) => [name, ...matrixProviders.map((provider) => cell(name, provider.name))])
  return tableOf(head, rows)
}

function cell(scene: string, provider: ProviderName): string {
  const found = exceptionFor(scene, provider)
  return found === undefined ? '✓' : signs[found.what.kind]
}

/** Why each cell without a tick is so. */
export function reasonTable(): string {
  const rows = exceptions.map(({ scene, provider, why }) => [scene, provider, why])
  return tableOf(['Scene', 'Provider', 'Why'], rows)
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

if (import.meta.main) console.log(`${matrixTable()}\n\n${reasonTable()}`)
