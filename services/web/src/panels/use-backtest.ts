import { useEffect, useRef, useState } from 'react'
import { ApiError, apiLines } from '../api/client.ts'
import type { BacktestAnswer, BacktestLine } from '../api/types.ts'

interface BacktestRequest {
  /** The first day, and the day after the last; without it the backtest ends now. */
  readonly from: string
  readonly to?: string
  /** Without it, all rules. */
  readonly rule?: string
}

/** A backtest that runs on the server, one at a time: its progress from 0 to 1 while it runs, then its result or error. */
export function useBacktest() {
  const [progress, setProgress] = useState<number>()
  const [result, setResult] = useState<BacktestAnswer>()
  const [error, setError] = useState<ApiError>()
  const running = useRef<AbortController>(null)
  const stop = () => running.current?.abort()
  useEffect(() => () => running.current?.abort(), [])

  const run = async (body: BacktestRequest) => {
    const controller = new AbortController()
    running.current = controller
    setError(undefined)
    setResult(undefined)
    setProgress(0)
    try {
      for await (const line of apiLines<BacktestLine>('/v1/rules/backtest', { method: 'POST', body, signal: controller.signal })) {
        if ('done' in line) setProgress(line.done)
        else if ('result' in line) setResult(line.result)
        else throw new ApiError(500, line.error)
      }
    } catch (reason) {
      if (!controller.signal.aborted) setError(reason instanceof ApiError ? reason : new ApiError(0, 'The connection was lost. Try again.'))
    } finally {
      if (running.current === controller) setProgress(undefined)
    }
  }

  return { progress, result, error, run, stop }
}
