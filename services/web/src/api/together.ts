import { ApiError, api, apiLines } from './client.ts'
import type { MetricValue } from './types.ts'

interface Asked {
  /** The metric with its query. */
  readonly question: string
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Questions of one request: their texts must fit into its address. */
const MOST = 50

let waiting: Asked[] = []

/** The metric and query of a path that reads a metric's values; undefined for other paths. */
const questionOf = (path: string): string | undefined => /^\/v1\/metrics\/([a-z0-9_]+\?.+)$/.exec(path)?.[1]

/** Reads a path. Values of metrics that are asked for at the same moment, as by the panels of a page, share one request. */
export function readTogether(path: string): Promise<unknown> {
  const question = questionOf(path)
  if (question === undefined) return api(path)
  return new Promise((resolve, reject) => {
    if (waiting.length === 0) queueMicrotask(ask)
    waiting.push({ question, resolve, reject })
  })
}

function ask(): void {
  const asked = waiting
  waiting = []
  for (let start = 0; start < asked.length; start += MOST) void askTogether(asked.slice(start, start + MOST))
}

async function askTogether(asked: readonly Asked[]): Promise<void> {
  const [first] = asked
  if (first && asked.length === 1) {
    await api(`/v1/metrics/${first.question}`).then(first.resolve, first.reject)
    return
  }
  const open = new Set(asked)
  const query = new URLSearchParams(asked.map(({ question }) => ['q', question]))
  try {
    for await (const { place, answer, problem } of apiLines<MetricValue>(`/v1/values?${query}`)) {
      const one = asked[place]
      if (!one) continue
      open.delete(one)
      if (answer) one.resolve(answer)
      else one.reject(new ApiError(problem?.status ?? 0, problem?.detail ?? 'The metric has no answer.', problem?.code))
    }
    throw new ApiError(0, 'The answer ended early. Try again.')
  } catch (error) {
    for (const one of open) one.reject(error)
  }
}
