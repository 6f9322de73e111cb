/** How and where a run was made: what its figures are worth nothing without. */
import { describeMachine } from './measure.ts'

export function introduction(): string[] {
  const args = process.argv.slice(2).map((arg) => (/\s/.test(arg) ? `"${arg}"` : arg))
  const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
  return [`command: ${command}`, `date: ${new Date().toISOString().slice(0, 10)}`, `machine: ${describeMachine()}`]
}
