/** What the system knows of a process and of the machine: CPU time, memory and cores, from /proc. https://man7.org/linux/man-pages/man5/proc.5.html */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

/** Whether CPU time and memory can be measured here (Linux), and programs be pinned to cores. */
export const hasProc = existsSync('/proc/self/stat')

/** /proc counts in 1/100 s on every Linux that Node runs on. */
const microsecondsPerTick = 10_000

interface Stat {
  parent: number
  ticks: number
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may hold anything, even spaces: count fields after it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
  } catch {
    return undefined
  }
}

/** A process and all that descend from it. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined
    if (stat) parents.set(Number(name), stat.parent)
  }
  const tree = [root]
  for (const pid of tree) {
    for (const [child, parent] of parents) if (parent === pid) tree.push(child)
  }
  return tree
}

/** User and system time of a process tree so far, in microseconds, all threads included. */
export function cpuMicroseconds(root: number): number {
  const ticks = processTree(root).map((pid) => readStat(pid)?.ticks ?? 0)
  return ticks.reduce((sum, value) => sum + value, 0) * microsecondsPerTick
}

/** Resident memory of a process tree in MB (10^6 bytes): now, and the highest it ever was. */
export function memory(root: number): { now: number; peak: number } {
  const sum = { now: 0, peak: 0 }
  for (const pid of processTree(root)) {
    let status = ''
    try {
      status = readFileSync(`/proc/${pid}/status`, 'latin1')
    } catch {
      continue
    }
    sum.now += (Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024) / 1_000_000
    sum.peak += (Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024) / 1_000_000
  }
  return sum
}

/** The cores programs under test and load are pinned to, or nothing where there are not two or no `taskset`. */
export function findCores(): { program: number; load: number } | undefined {
  if (!hasProc) return undefined
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const list = /Cpus_allowed_list:\s+(\S+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? ''
  const cores = list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last! - first! + 1 }, (_, offset) => first! + offset)
  })
  return cores.length < 2 ? undefined : { program: cores[0]!, load: cores[1]! }
}

/** Binds this process, threads included, to a core. */
export function pinMyself(core: number): void {
  execFileSync('taskset', ['--all-tasks', '--pid', '--cpu-list', String(core), String(process.pid)], {
    stdio: 'ignore',
  })
}

/** The machine in one line. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const gibibytes = Math.round(totalmem() / 2 ** 30)
  return `${model}, ${cpus().length} cores, ${gibibytes} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`
}
