/** For each file: which of its lines were run. */
export type CoveredLines = ReadonlyMap<string, ReadonlyMap<number, boolean>>

/** Adds a line that one of several reports of a file names: it was run if any says so. */
export function addLine(files: Map<string, Map<number, boolean>>, file: string, line: number, wasRun: boolean): void {
  const lines = files.get(file) ?? new Map<number, boolean>()
  lines.set(line, wasRun || (lines.get(line) ?? false))
  files.set(file, lines)
}

/** The file cannot be used. */
export class CoverageUnusable extends Error {
  readonly code = 'coverage_unusable'
  readonly retryable = false
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CoverageUnusable'
  }
}
