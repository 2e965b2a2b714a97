/** One mistake in a product file. */
export interface Problem {
  /** The file's name within the product folder. */
  readonly file: string
  /** Line number, from 1. */
  readonly line: number
  /** The found and the expected value, as one sentence. */
  readonly message: string
  /** The valid word that was probably meant. */
  readonly nearest?: string
}

/** `metrics.yaml:12: unknown metric kind "cuont"; did you mean "count"?` */
export function formatProblem(problem: Problem): string {
  const hint = problem.nearest === undefined ? '' : `; did you mean "${problem.nearest}"?`
  return `${problem.file}:${problem.line}: ${problem.message}${hint}`
}

/** The product folder has mistakes, all of which are in `problems`. */
export class CatalogueInvalid extends Error {
  readonly code = 'catalogue_invalid'
  readonly retryable = false
  readonly problems: readonly Problem[]
  constructor(folder: string, problems: readonly Problem[], options?: ErrorOptions) {
    super(
      `${folder}: ${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}\n${problems.map(formatProblem).join('\n')}`,
      options,
    )
    this.problems = problems
    this.name = 'CatalogueInvalid'
  }
}
