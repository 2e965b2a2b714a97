import type { Identity } from './access.ts'
import { subjectText } from './access-documents.ts'
import { HttpProblem } from './http-problem.ts'

export interface Shares {
  /** Runs the work once the caller has a free slot, in the order of the caller's requests. @throws HttpProblem 429 if too many wait */
  run<T>(caller: Identity, work: () => Promise<T>): Promise<T>
}

/** Slots by identity: one caller's queries wait for each other, and not for those of others. */
export function createShares(config: { readonly atOnce: number; readonly waiting: number }): Shares {
  const callers = new Map<string, { running: number; readonly waiting: (() => void)[] }>()
  return {
    async run(caller, work) {
      const key = subjectText(caller.subject)
      const share = callers.get(key) ?? { running: 0, waiting: [] }
      callers.set(key, share)
      if (share.running >= config.atOnce) {
        if (share.waiting.length >= config.waiting) {
          const detail = `You have ${config.waiting} queries waiting: wait for their answers.`
          throw new HttpProblem({ status: 429, code: 'too_many', detail }, { 'retry-after': '2' })
        }
        await new Promise<void>(resolve => share.waiting.push(resolve))
      } else share.running++
      try {
        return await work()
      } finally {
        const next = share.waiting.shift()
        if (next) next()
        else if (--share.running === 0) callers.delete(key)
      }
    },
  }
}
