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
  /** The file that would declare the unknown name. Set where it declares none: the loader then reports once that the file is missing. */
  readonly undeclaredIn?: string
}

/** The most mistakes that are printed; the rest are counted. */
const MAX_PRINTED = 500

/** One line for each problem, at most {@link MAX_PRINTED}. */
export function formatProblems(problems: readonly Problem[], format: (problem: Problem) => string = formatProblem): readonly string[] {
  const shown = problems.slice(0, MAX_PRINTED).map(format)
  const more = problems.length - shown.length
  return more === 0 ? shown : [...shown, `and ${more.toLocaleString('en-US')} more`]
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
      `${folder}: ${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}\n${formatProblems(problems).join('\n')}`,
      options,
    )
    this.problems = problems
    this.name = 'CatalogueInvalid'
  }
}
