import { MetricQueryError } from '@northstar/metrics'
import { HttpProblem, type Problem } from '@northstar/runtime'

/** An error of a metric's question, or of the stores, as the problem that a request is answered with; other errors as they are. */
export function asProblem(error: unknown): unknown {
  if (error instanceof MetricQueryError) {
    const { code, message, nearest, valid } = error
    const problem: Problem = {
      status: code === 'unknown_metric' || code === 'unknown_release' ? 404 : 400,
      code,
      detail: message,
      valid,
      ...(nearest !== undefined && { nearest }),
    }
    return new HttpProblem(problem, {}, { cause: error })
  }
  if (error instanceof Error && 'retryable' in error && error.retryable === true) {
    return new HttpProblem({ status: 503, detail: 'The stores cannot answer now.' }, { 'retry-after': '2' }, { cause: error })
  }
  return error
}
