import { MetricQueryError } from '@northstar/metrics'
import { HttpProblem, type Problem } from '@northstar/runtime'

/** Maps errors of a metric query and of the stores to problem documents; other errors are returned unchanged. */
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
    return new HttpProblem({ status: 503, detail: 'The stores are unavailable.' }, { 'retry-after': '2' }, { cause: error })
  }
  return error
}
