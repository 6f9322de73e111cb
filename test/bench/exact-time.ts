/** Runs tasks at exact times by spinning: Node's own timers count whole milliseconds, too coarse for measuring 0.2 ms. */

interface Task {
  due: number
  run: () => void
}

let tasks: Task[] = []
let first = 0
let spinning = false

/** Runs a task when `performance.now()` reaches `due`; holds a core while anything waits. */
export function at(due: number, run: () => void): void {
  // Tasks come nearly in order, so the place is found from the end.
  let place = tasks.length
  while (place > first && tasks[place - 1]!.due > due) place--
  tasks.splice(place, 0, { due, run })
  if (spinning) return
  spinning = true
  setImmediate(spin)
}

function spin(): void {
  const now = performance.now()
  while (first < tasks.length && tasks[first]!.due <= now) tasks[first++]!.run()
  if (first === tasks.length) {
    tasks = []
    first = 0
    spinning = false
    return
  }
  if (first > 10_000) {
    tasks = tasks.slice(first)
    first = 0
  }
  setImmediate(spin)
}
