/** Whether each line was executed, by file. */
export type CoveredLines = ReadonlyMap<string, ReadonlyMap<number, boolean>>

/** Adds a line of a report. A line in several reports was executed if one of them reports it as executed. */
export function addLine(files: Map<string, Map<number, boolean>>, file: string, line: number, executed: boolean): void {
  const lines = files.get(file) ?? new Map<number, boolean>()
  lines.set(line, executed || (lines.get(line) ?? false))
  files.set(file, lines)
}

/** A coverage report that cannot be used. */
export class CoverageUnusable extends Error {
  readonly code = 'coverage_unusable'
  readonly retryable = false
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CoverageUnusable'
  }
}
