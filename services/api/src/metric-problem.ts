import { MetricQueryError } from '@northstar/metrics'
import { HttpProblem, type Problem, storeUnavailable } from '@northstar/runtime'
import { isRetryable } from '@northstar/runtime/async'

/** Answers with a problem document where the work fails by its question or by a store. @throws HttpProblem */
export async function withProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asProblem(error)
  }
}

/** Maps errors of a metric query and of the stores to problem documents; other errors are returned unchanged. */
function asProblem(error: unknown): unknown {
  if (error instanceof MetricQueryError) {
    const { code, message, nearest, valid, field } = error
    const problem: Problem = {
      status: code === 'unknown_metric' || code === 'unknown_release' ? 404 : 400,
      code,
      detail: message,
      ...(field !== undefined && { field }),
      ...(valid.length > 0 && { valid }),
      ...(nearest !== undefined && { nearest }),
    }
    return new HttpProblem(problem, {}, { cause: error })
  }
  return isRetryable(error) ? storeUnavailable(error) : error
}
