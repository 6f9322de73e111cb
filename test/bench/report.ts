/** Turns results into tables, ratios and goals. */
import type { Aborts, StalledReaders } from './behaviour.ts'
import type { Program, ProgramName } from './programs.ts'
import {
  connections,
  type Figures,
  type Latency,
  type Paced,
  pacedStreamCount,
  ratePerSecond,
  type Throughput,
} from './scenarios.ts'
import { amount, number, printAll, type Table } from './tables.ts'
import { delay, pacedInterval } from './upstream-mock.ts'

/** Everything one run found out; what did not run is not there. */
export interface Results {
  unarySmall?: Figures<Throughput>
  unaryLarge?: Figures<Throughput>
  sseFlat?: Figures<Throughput>
  sseSingle?: Figures<Throughput>
  sseTranslated?: Figures<Throughput>
  sseTranslatedSingle?: Figures<Throughput>
  sseResponses?: Figures<Throughput>
  sseResponsesSingle?: Figures<Throughput>
  sseResponsesTranslated?: Figures<Throughput>
  sseResponsesTranslatedSingle?: Figures<Throughput>
  ssePaced?: Figures<Paced>
  latency?: Figures<Latency>
  /** The highest resident memory of each program until all load was done, in MB, and what it had at that time. */
  memory?: Figures<{ now: number; peak: number }>
  aborts?: Aborts
  stalledReaders?: StalledReaders
}

const translated = "OpenAI's client over Anthropic's dialect, streams flat out"

const responses = 'Responses, streams flat out'
const responsesTranslated = "Responses over Anthropic's dialect, streams flat out"

/** Prints all of a run. */
export function report(results: Results, programs: Program[], intro: string[], markdown: boolean): string {
  const tables = [
    throughputTable('Requests with a reply of 1.6 KB', 'request', results.unarySmall),
    throughputTable('Requests with a reply of 20 KB', 'request', results.unaryLarge),
    throughputTable('Streams flat out, several events per upstream write', 'event', results.sseFlat),
    throughputTable('Streams flat out, one event per upstream write', 'event', results.sseSingle),
    throughputTable(`${translated}, several events per upstream write`, 'event', results.sseTranslated),
    throughputTable(`${translated}, one event per upstream write`, 'event', results.sseTranslatedSingle),
    throughputTable(`${responses}, several events per upstream write`, 'event', results.sseResponses),
    throughputTable(`${responses}, one event per upstream write`, 'event', results.sseResponsesSingle),
    throughputTable(
      `${responsesTranslated}, several events per upstream write`,
      'event',
      results.sseResponsesTranslated,
    ),
    throughputTable(
      `${responsesTranslated}, one event per upstream write`,
      'event',
      results.sseResponsesTranslatedSingle,
    ),
    pacedTable(results.ssePaced),
    latencyTable(results.latency),
    memoryTable(results.memory),
    behaviourTable(results),
    ratioTable(results),
    goalTable(results),
  ].filter((table) => table !== undefined)
  const versions = programs.map((program) => `${program.name}: ${program.version}`)
  return printAll([...intro, ...versions], tables, markdown)
}

function throughputTable(title: string, unit: string, figures: Figures<Throughput> | undefined): Table | undefined {
  if (!figures) return undefined
  return {
    title: `${title} (${connections} connections)`,
    columns: ['program', `CPU µs/${unit}`, `${unit}s/s`, `${unit}s/s per core`, 'core used'],
    rows: Array.from(figures, ([name, { cpu, perSecond, perCore, busy }]) => [
      name,
      number(cpu, unit === 'event' ? 2 : 1),
      number(perSecond, 0),
      number(perCore, 0),
      Number.isNaN(busy) ? '–' : `${number(busy * 100, 0)} %`,
    ]),
  }
}

function pacedTable(figures: Figures<Paced> | undefined): Table | undefined {
  if (!figures) return undefined
  const direct = figures.get('direct')
  return {
    title: `${pacedStreamCount} streams at once, an event every ${pacedInterval} ms (ms; added: against direct)`,
    columns: ['program', 'CPU µs/event', 'first text p50', 'added', 'event p50', 'added', 'event p99', 'added'],
    rows: Array.from(figures, ([name, { cpu, firstText, eventP50, eventP99 }]) => [
      name,
      number(cpu, 1),
      ...withAdded(firstText, direct?.firstText),
      ...withAdded(eventP50, direct?.eventP50),
      ...withAdded(eventP99, direct?.eventP99),
    ]),
  }
}

function latencyTable(figures: Figures<Latency> | undefined): Table | undefined {
  if (!figures) return undefined
  const direct = figures.get('direct')
  return {
    title: `${ratePerSecond} requests/s against an upstream that takes ${delay} ms (ms; added: against direct)`,
    columns: ['program', 'CPU µs/request', 'p50', 'added', 'p99', 'added'],
    rows: Array.from(figures, ([name, { cpu, p50, p99 }]) => [
      name,
      number(cpu, 1),
      ...withAdded(p50, direct?.p50),
      ...withAdded(p99, direct?.p99),
    ]),
  }
}

function memoryTable(figures: Results['memory']): Table | undefined {
  if (!figures || figures.size === 0) return undefined
  return {
    title: 'Resident memory under all of this load (MB)',
    columns: ['program', 'highest', 'afterwards'],
    rows: Array.from(figures, ([name, { now, peak }]) => [name, number(peak, 0), number(now, 0)]),
  }
}

function behaviourTable({ aborts, stalledReaders }: Results): Table | undefined {
  const rows: string[][] = []
  if (aborts) {
    rows.push([
      `client leaves → upstream hears of it (${aborts.count} times)`,
      `p50 ${amount(aborts.p50, 2, ' ms')}, longest ${amount(aborts.max, 2, ' ms')}, never ${aborts.lost}`,
    ])
  }
  if (stalledReaders) {
    rows.push([
      `a reader of a 200 MB stream stops (${stalledReaders.readers} at once)`,
      `${number(stalledReaders.growth, 1)} MB of memory each; the upstream got rid of ${number(stalledReaders.taken, 1)} MB each`,
    ])
  }
  return rows.length === 0 ? undefined : { title: 'Behaviour of asbru', columns: ['what', 'measured'], rows }
}

function ratioTable(results: Results): Table | undefined {
  const rows = (
    [
      ['CPU per request, 1.6 KB', cpuRatio(results.unarySmall, 'nginx'), cpuRatio(results.unarySmall, 'portkey')],
      ['CPU per request, 20 KB', cpuRatio(results.unaryLarge, 'nginx'), cpuRatio(results.unaryLarge, 'portkey')],
      ['CPU per event, flat out', cpuRatio(results.sseFlat, 'nginx'), cpuRatio(results.sseFlat, 'portkey')],
      ['CPU per event, one a write', cpuRatio(results.sseSingle, 'nginx'), cpuRatio(results.sseSingle, 'portkey')],
      ['CPU per event, translated', Number.NaN, cpuRatio(results.sseTranslated, 'portkey')],
      ['CPU per event, translated, one a write', Number.NaN, cpuRatio(results.sseTranslatedSingle, 'portkey')],
      ['CPU per event, Responses', cpuRatio(results.sseResponses, 'nginx'), Number.NaN],
      ['CPU per event, Responses, one a write', cpuRatio(results.sseResponsesSingle, 'nginx'), Number.NaN],
      ['CPU per event, paced', cpuRatio(results.ssePaced, 'nginx'), cpuRatio(results.ssePaced, 'portkey')],
    ] as const
  ).filter(([, nginx, portkey]) => !Number.isNaN(nginx) || !Number.isNaN(portkey))
  if (rows.length === 0) return undefined
  return {
    title: 'Ratios',
    columns: ['what', 'asbru ÷ nginx', 'portkey ÷ asbru'],
    rows: rows.map(([what, nginx, portkey]) => [what, number(nginx, 2), number(1 / portkey, 1)]),
  }
}

function cpuRatio(figures: Figures<{ cpu: number }> | undefined, other: ProgramName): number {
  return (figures?.get('asbru')?.cpu ?? Number.NaN) / (figures?.get(other)?.cpu ?? Number.NaN)
}

/** What was promised: the measured value, and the bound it must not cross. */
interface Goal {
  what: string
  unit: string
  digits: number
  value: number
  bound: number
  kind: 'at least' | 'at most'
}

type MakeGoal = (kind: Goal['kind'], bound: number, unit: string, digits: number, what: string, value: number) => Goal

function goalsOf(results: Results): Goal[] {
  const { unarySmall, latency, sseFlat, memory, aborts, stalledReaders } = results
  const added = (latency?.get('asbru')?.p50 ?? Number.NaN) - (latency?.get('direct')?.p50 ?? Number.NaN)
  const slowest = aborts && aborts.lost > 0 ? Number.POSITIVE_INFINITY : (aborts?.max ?? Number.NaN)
  const goal: MakeGoal = (kind, bound, unit, digits, what, value) => ({
    what,
    unit,
    digits,
    value,
    bound,
    kind,
  })
  return [
    goal('at least', 10, '×', 1, "Portkey's requests/s per core (1.6 KB)", 1 / cpuRatio(unarySmall, 'portkey')),
    goal('at most', 2.5, '×', 2, "nginx's CPU per request, 1.6 KB", cpuRatio(unarySmall, 'nginx')),
    goal('at most', 1.2, '×', 2, "nginx's CPU per request, 20 KB", cpuRatio(results.unaryLarge, 'nginx')),
    goal('at least', 100_000, '', 0, 'events/s on one core', sseFlat?.get('asbru')?.perCore ?? Number.NaN),
    goal(
      'at most',
      5,
      ' µs',
      2,
      'translation, per event above the same dialect',
      addedBy(results.sseTranslated, results.sseFlat),
    ),
    goal(
      'at most',
      5,
      ' µs',
      2,
      'the same, one event a write',
      addedBy(results.sseTranslatedSingle, results.sseSingle),
    ),
    ...responsesGoals(results, goal),
    goal('at most', 0.2, ' ms', 3, `added p50 at ${ratePerSecond} requests/s`, added),
    goal('at most', 150, ' MB', 0, 'memory under load', memory?.get('asbru')?.peak ?? Number.NaN),
    goal('at most', 10, ' ms', 2, 'client leaves → upstream hears of it, longest', slowest),
    goal('at most', 16, ' MB', 1, 'memory of a reader that stops', stalledReaders?.growth ?? Number.NaN),
  ]
}

/** By how much a stream of the Responses API may be dearer than one of chat completions; a tenth is what runs differ by. */
function responsesGoals(results: Results, goal: MakeGoal): Goal[] {
  const { sseFlat, sseSingle, sseResponses, sseResponsesSingle } = results
  const native = 'Responses, per event above chat completions'
  const translated = 'the same, translated'
  return [
    goal('at most', 1.1, '×', 2, native, dearer(sseResponses, sseFlat)),
    goal('at most', 1.1, '×', 2, `${native}, one event a write`, dearer(sseResponsesSingle, sseSingle)),
    goal('at most', 5, ' µs', 2, translated, addedBy(results.sseResponsesTranslated, sseFlat)),
    goal(
      'at most',
      5,
      ' µs',
      2,
      `${translated}, one event a write`,
      addedBy(results.sseResponsesTranslatedSingle, sseSingle),
    ),
  ]
}

function dearer(one: Figures<Throughput> | undefined, other: Figures<Throughput> | undefined): number {
  return (one?.get('asbru')?.cpu ?? Number.NaN) / (other?.get('asbru')?.cpu ?? Number.NaN)
}

function addedBy(more: Figures<Throughput> | undefined, less: Figures<Throughput> | undefined): number {
  return (more?.get('asbru')?.cpu ?? Number.NaN) - (less?.get('asbru')?.cpu ?? Number.NaN)
}

function goalTable(results: Results): Table {
  return {
    title: 'Goals for asbru',
    columns: ['what', 'goal', 'measured', ''],
    rows: goalsOf(results).map(({ what, unit, digits, value, bound, kind }) => {
      const met = kind === 'at least' ? value >= bound : value <= bound
      const verdict = Number.isNaN(value) ? 'not measured' : met ? 'met' : 'missed'
      const limit = `${kind} ${amount(bound, bound % 1 === 0 ? 0 : 1, unit)}`
      return [what, limit, amount(value, digits, unit), verdict]
    }),
  }
}

function withAdded(value: number, direct: number | undefined): [string, string] {
  return [number(value, 2), direct === undefined ? '–' : number(value - direct, 3)]
}
