import { useState } from 'react'
import { type ApiError, apiErrorOf } from '../api/client.ts'
import { reload } from '../api/store.ts'

/** Sends a change, keeps its error, and reloads the paths that show its effect. */
export function useMutation(paths: readonly string[]) {
  const [problem, setProblem] = useState<ApiError>()
  const mutate = async <T>(request: Promise<T>): Promise<T | undefined> => {
    setProblem(undefined)
    try {
      return await request
    } catch (reason) {
      setProblem(apiErrorOf(reason))
      return undefined
    } finally {
      for (const path of paths) void reload(path)
    }
  }
  return { problem, mutate }
}
