/** Where the checks put what they find. */
import { type Finding, formatPath, type Path } from './finding.ts'

/** Collects what is wrong and what is only odd. */
export class Report {
  readonly faults: Finding[] = []
  readonly warnings: Finding[] = []

  fault(path: Path, found: string, expected: string, nearest?: string): void {
    this.faults.push(finding(path, `found ${found}, expected ${expected}.`, nearest))
  }

  warn(path: Path, message: string, nearest?: string): void {
    this.warnings.push(finding(path, message, nearest))
  }
}

function finding(path: Path, message: string, nearest: string | undefined): Finding {
  return { path: formatPath(path), message, ...(nearest === undefined ? {} : { nearest }) }
}
