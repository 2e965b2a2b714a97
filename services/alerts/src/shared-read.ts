import type { Read, ReadAnswer } from '@northstar/alerting'

/** How many questions that the warehouse answers are open at once. */
const SLOW_AT_ONCE = 2

/**
 * Makes readers, one for each round of evaluations, in which rules that ask the same are answered together. Questions to metrics that
 * the warehouse answers wait for one another, so that they never crowd out those to live counters.
 */
export function createSharedRead(read: Read): () => Read {
  const live = new Set<string>()
  const waiting: (() => void)[] = []
  let open = 0

  async function ask(request: Parameters<Read>[0]): Promise<ReadAnswer> {
    // A comparison of releases is answered by the warehouse whatever answers the metric itself.
    const subject = [request.metric, request.compare].join(' ')
    if (live.has(subject)) return judge(subject, await read(request))
    if (open >= SLOW_AT_ONCE) await new Promise<void>(resolve => waiting.push(resolve))
    open++
    try {
      return judge(subject, await read(request))
    } finally {
      open--
      waiting.shift()?.()
    }
  }

  function judge(subject: string, answer: ReadAnswer): ReadAnswer {
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
