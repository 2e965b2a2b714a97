import type { Read, ReadAnswer } from '@northstar/alerting'

/** Maximum number of concurrent warehouse queries. */
const MAX_WAREHOUSE_READS = 2

/**
 * Returns a function that creates the reader of a round of evaluations, in which equal questions are asked once. Questions that the
 * warehouse answers are limited, so that they never delay those to the live counters.
 */
export function createSharedRead(read: Read): () => Read {
  const live = new Set<string>()
  const waiting: (() => void)[] = []
  let open = 0

  async function ask(request: Parameters<Read>[0]): Promise<ReadAnswer> {
    // A comparison of releases is answered by the warehouse even if the live counters answer the metric.
    const subject = [request.metric, request.compare].join(' ')
    if (live.has(subject)) return noteSource(subject, await read(request))
    if (open >= MAX_WAREHOUSE_READS) await new Promise<void>(resolve => waiting.push(resolve))
    open++
    try {
      return noteSource(subject, await read(request))
    } finally {
      open--
      waiting.shift()?.()
    }
  }

  function noteSource(subject: string, answer: ReadAnswer): ReadAnswer {
    if (answer.source === 'live') live.add(subject)
    else live.delete(subject)
    return answer
  }

  return () => {
    const answers = new Map<string, Promise<ReadAnswer>>()
    return request => {
      const key = JSON.stringify(request)
      let answer = answers.get(key)
      if (!answer) {
        answer = ask(request)
        answers.set(key, answer)
      }
      return answer
    }
  }
}
