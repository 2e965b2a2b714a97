import { useState } from 'react'
import { ApiError } from '../api/client.ts'
import { reload } from '../api/store.ts'

/** Changes something, and reads again what shows it. */
export function useDeed(paths: readonly string[]) {
  const [problem, setProblem] = useState<ApiError>()
  const act = async <T>(deed: Promise<T>): Promise<T | undefined> => {
    setProblem(undefined)
    try {
      return await deed
    } catch (reason) {
      setProblem(reason instanceof ApiError ? reason : new ApiError(0, String(reason)))
      return undefined
    } finally {
      for (const path of paths) void reload(path)
    }
  }
  return { problem, act }
}
