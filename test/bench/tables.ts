/** Prints tables of figures, as plain text or as Markdown. */

export interface Table {
  title: string
  columns: string[]
  rows: string[][]
}

/** What a run has to say: how it was made, then what came of it. */
export function printAll(lines: string[], tables: Table[], markdown: boolean): string {
  const print = markdown ? printMarkdown : printText
  const shown = lines.map((line) => (markdown ? `- ${line}` : line))
  return [shown.join('\n'), ...tables.map(print)].join('\n\n')
}

/** A dash where there is none. */
export function number(value: number, digits: number): string {
  if (Number.isNaN(value)) return '–'
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A number with its unit; an endless one means that it never happened. */
export function amount(value: number, digits: number, unit: string): string {
  if (value === Number.POSITIVE_INFINITY) return 'never'
  return Number.isNaN(value) ? '–' : `${number(value, digits)}${unit}`
}

function printText({ title, columns, rows }: Table): string {
  const widths = columns.map((column, place) => Math.max(column.length, ...rows.map((row) => row[place]!.length)))
  const print = (cells: string[]): string =>
    cells
      .map((cell, place) => (place === 0 ? cell.padEnd(widths[place]!) : cell.padStart(widths[place]!)))
      .join('  ')
      .trimEnd()
  return [title, ...[columns, ...rows].map((row) => `  ${print(row)}`)].join('\n')
}

function printMarkdown({ title, columns, rows }: Table): string {
  const print = (cells: string[]): string => `| ${cells.join(' | ')} |`
  const rule = columns.map((_, place) => (place === 0 ? '---' : '--:'))
  return [`### ${title}`, '', ...[columns, rule, ...rows].map(print)].join('\n')
}
