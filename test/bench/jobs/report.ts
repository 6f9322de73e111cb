/** Turns what was measured of jobs into tables, and what many ended jobs cost into ratios. */
import { median } from '../latencies.ts'
import { connections } from '../scenarios.ts'
import { number, printAll, type Table } from '../tables.ts'
import { delay } from '../upstream-mock.ts'
import {
  type Burst,
  type BurstLabel,
  type ClaimFigures,
  type ClaimLabel,
  calmRate,
  type Inference,
  type InferenceLabel,
  type JobPlan,
  type Rate,
  type Series,
  type SubmitLabel,
} from './scenarios.ts'

/** Everything one run found out; what did not run is empty. */
export interface JobResults {
  submits: Series<SubmitLabel, Rate>[]
  bursts: Series<BurstLabel, Burst>[]
  claims: Series<ClaimLabel, ClaimFigures>[]
  inference: Series<InferenceLabel, Inference>[]
}

export function reportJobs(results: JobResults, plan: JobPlan, lines: string[], markdown: boolean): string {
  const { submits, bursts, claims, inference } = results
  const rows = number(plan.finishedRows, 0)
  const tables = [
    submitTable(submits),
    burstTable(bursts, plan),
    claimTable(claims),
    ratioTable(`Claims: a store with ${rows} ended jobs ÷ one with none`, claimRatios(claims)),
    inferenceTable(inference),
    ratioTable(`Inference without jobs: a store with ${rows} ended jobs ÷ one with none`, inferenceRatios(inference)),
  ]
  return printAll(
    lines,
    tables.filter(({ rows: found }) => found.length > 0),
    markdown,
  )
}

/** The middle of all rounds. */
function middle<Figures>(
  { samples }: Series<unknown, Figures>,
  value: (figures: Figures) => number,
  digits: number,
): string {
  return number(median(samples.map(value)), digits)
}

function submitTable(series: Series<SubmitLabel, Rate>[]): Table {
  return {
    title: 'Jobs handed in, each on disk before its client hears of it (ms)',
    columns: ['engine', 'asked', 'at a time', 'jobs/s', 'p50', 'p99'],
    rows: series.map((one) => [
      one.label.engine,
      one.label.where === 'store' ? 'the store' : 'a gateway, over HTTP',
      String(one.label.atATime),
      ...rateCells(one, (rate) => rate),
    ]),
  }
}

function burstTable(series: Series<BurstLabel, Burst>[], { burst }: JobPlan): Table {
  return {
    title: `${number(burst, 0)} jobs handed in and done by one gateway, 50 calls at a time, against an upstream that answers at once`,
    columns: ['engine', 'jobs/s'],
    rows: series.map((one) => [one.label.engine, middle(one, ({ perSecond }) => perSecond, 0)]),
  }
}

function claimTable(series: Series<ClaimLabel, ClaimFigures>[]): Table {
  return {
    title: 'Claims and finishes of the store, 2,000 jobs of 20 virtual keys waiting (ms)',
    columns: [
      'engine',
      'ended jobs',
      'jobs a claim',
      'workers',
      'jobs claimed/s',
      'claim p50',
      'p99',
      'jobs finished/s',
      'finish p50',
      'p99',
    ],
    rows: series.map((one) => [
      one.label.engine,
      number(one.label.finishedRows, 0),
      String(one.label.perClaim),
      String(one.label.workers),
      ...rateCells(one, ({ claims }) => claims),
      ...rateCells(one, ({ finishes }) => finishes),
    ]),
  }
}

function rateCells<Figures>(one: Series<unknown, Figures>, rate: (figures: Figures) => Rate): string[] {
  const cell = (value: (rate: Rate) => number, digits: number) => middle(one, (figures) => value(rate(figures)), digits)
  return [cell(({ perSecond }) => perSecond, 0), cell(({ p50 }) => p50, 2), cell(({ p99 }) => p99, 2)]
}

function inferenceTable(series: Series<InferenceLabel, Inference>[]): Table {
  return {
    title: `Inference without jobs, by what the store of the gateway holds (${calmRate} requests/s against an upstream that takes ${delay} ms; flat out over ${connections} connections)`,
    columns: ['engine', 'ended jobs', ...inferenceFigures.map(([name]) => name)],
    rows: series.map((one) => [
      one.label.engine,
      number(one.label.finishedRows, 0),
      ...inferenceFigures.map(([, value, digits]) => middle(one, value, digits)),
    ]),
  }
}

const inferenceFigures: [string, (inference: Inference) => number, number][] = [
  ['p50 ms', ({ p50 }) => p50, 2],
  ['p99 ms', ({ p99 }) => p99, 2],
  ['CPU µs/request', ({ rateCpu }) => rateCpu, 1],
  ['flat out: CPU µs/request', ({ flatCpu }) => flatCpu, 1],
  ['requests/s', ({ perSecond }) => perSecond, 0],
]

/** What the same round gave with and without ended jobs, one by the other. */
interface Ratio {
  readonly what: string
  readonly rounds: readonly number[]
}

function claimRatios(series: Series<ClaimLabel, ClaimFigures>[]): Ratio[] {
  return pairs(series).flatMap(([{ label, samples }, none]) => {
    const { engine, perClaim, workers } = label
    const what = `${engine}, ${perClaim} a claim, ${workers === 1 ? '1 worker' : `${workers} workers`}`
    const ratio = (value: (figures: ClaimFigures) => number) => ratios(samples, none.samples, value)
    return [
      { what: `${what}: time of a claim`, rounds: ratio(({ claims }) => 1 / claims.perSecond) },
      { what: `${what}: time of a finish`, rounds: ratio(({ finishes }) => 1 / finishes.perSecond) },
    ]
  })
}

function inferenceRatios(series: Series<InferenceLabel, Inference>[]): Ratio[] {
  return pairs(series).flatMap(([{ label, samples }, none]) =>
    inferenceFigures.map(([name, value]) => ({
      what: `${label.engine}: ${name}`,
      rounds: ratios(samples, none.samples, value),
    })),
  )
}

/** What differs in nothing but that one of the stores is empty: that with ended jobs first. */
function pairs<Label extends { finishedRows: number }, Figures>(
  series: Series<Label, Figures>[],
): [Series<Label, Figures>, Series<Label, Figures>][] {
  const key = ({ finishedRows: _, ...others }: Label) => JSON.stringify(others)
  return series
    .filter(({ label }) => label.finishedRows > 0)
    .map((full) => [
      full,
      series.find(({ label }) => label.finishedRows === 0 && key(label) === key(full.label)) ?? full,
    ])
}

function ratios<Figures>(
  ones: readonly Figures[],
  others: readonly Figures[],
  value: (figures: Figures) => number,
): number[] {
  return ones.map((one, round) => value(one) / value(others[round]!))
}

/** With fewer, all may be on one side by chance. */
const fewestRounds = 4

function effectOf(lowest: number, highest: number, rounds: number): string {
  if (Number.isNaN(lowest)) return '–'
  if (rounds < fewestRounds) return 'too few rounds'
  return lowest > 1 ? 'more' : highest < 1 ? 'less' : 'none measurable'
}

/** An effect shows when all rounds are on the same side: by chance that is rare, and the rarer the more rounds there are. */
function ratioTable(title: string, found: Ratio[]): Table {
  return {
    title: `${title} (of the same round)`,
    columns: ['what', 'ratio', 'lowest', 'highest', 'effect'],
    rows: found.map(({ what, rounds }) => {
      const [lowest, highest] = [Math.min(...rounds), Math.max(...rounds)]
      const cells = [median([...rounds]), lowest, highest].map((ratio) => number(ratio, 3))
      return [what, ...cells, effectOf(lowest, highest, rounds.length)]
    }),
  }
}
