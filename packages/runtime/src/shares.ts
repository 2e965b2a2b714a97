import type { Identity } from './access.ts'
import { subjectText } from './access-documents.ts'
import { HttpProblem } from './http-problem.ts'

/** A request as far as it concerns the shares. */
export interface ShareRequest {
  readonly caller: Identity
  /** Aborted when the client has closed the connection. */
  readonly disconnected: AbortSignal
}

export interface Shares {
  /**
   * Runs the work once the caller has a free slot, in the order of the caller's requests. A request that has lost its client leaves the queue.
   * @throws HttpProblem 429 if too many wait, 499 if the client closed the connection before the work began
   */
  run<T>(request: ShareRequest, work: () => Promise<T>): Promise<T>
}

/** Slots by identity: one caller's queries wait for each other, and not for those of others. */
export function createShares(config: { readonly atOnce: number; readonly waiting: number }): Shares {
  const callers = new Map<string, { running: number; readonly waiting: Set<() => void> }>()

  function waitIn(waiting: Set<() => void>, disconnected: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        waiting.delete(begin)
        disconnected.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        waiting.delete(begin)
        reject(clientClosed())
      }
      waiting.add(begin)
      disconnected.addEventListener('abort', leave, { once: true })
    })
  }

  return {
    async run({ caller, disconnected }, work) {
      if (disconnected.aborted) throw clientClosed()
      const key = subjectText(caller.subject)
      const share = callers.get(key) ?? { running: 0, waiting: new Set() }
      callers.set(key, share)
      if (share.running >= config.atOnce) {
        if (share.waiting.size >= config.waiting) {
          const detail = `You have ${config.waiting} queries waiting: wait for their answers.`
          throw new HttpProblem({ status: 429, code: 'too_many', detail }, { 'retry-after': '2' })
        }
        await waitIn(share.waiting, disconnected)
      } else share.running++
      try {
        return await work()
      } finally {
        const [next] = share.waiting
        if (next) next()
        else if (--share.running === 0) callers.delete(key)
      }
    },
  }
}

const clientClosed = () =>
  new HttpProblem({ status: 499, code: 'client_closed_request', detail: 'The client closed the connection before its query began.' })
