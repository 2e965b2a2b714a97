import { createSignal, settlesWithin } from '@northstar/runtime/async'
import { type RunningClaim, startClaim } from './claims.ts'
import type { ConsumerParts, Membership } from './consumer-parts.ts'
import type { Commit, ConsumeOptions } from './port.ts'

export interface RoundStart {
  readonly membership: Membership
  readonly commits: ReadonlyMap<number, Commit>
  readonly earliest: ReadonlyMap<number, number>
}

/** The claims of one membership, between two rebalances. */
export interface Round {
  /** Starts to give up the partitions. May be called again. */
  end(): void
  /** Settles once no handler is running. Rejects with HandlerFailed if the consumer cannot continue. */
  readonly outcome: Promise<'rebalance' | 'lost'>
}

/** Runs a handler for each partition until a handler settles, the membership is over, the group changes or {@link Round.end} is called. */
export function startRound(run: ConsumeOptions['run'], parts: ConsumerParts, { membership, commits, earliest }: RoundStart): Round {
  const ending = createSignal()
  let ended = false
  let lost = false
  let failure: { readonly error: unknown } | undefined

  function end(): void {
    ended = true
    ending.notify()
  }

  const claims = membership.partitions.map(partition =>
    startClaim(
      {
        partition,
        committed: commits.get(partition) ?? null,
        earliest: earliest.get(partition) ?? 0,
        run,
        openSource: offset => parts.openSource(partition, offset),
        commit: commit => membership.commit(partition, commit),
      },
      end,
    ),
  )
  for (const claim of claims) {
    void claim.outcome.then(outcome => {
      if (outcome.kind === 'lost') lost = true
      if (outcome.kind === 'threw') failure ??= { error: outcome.error }
      if (outcome.kind === 'returned' && !ended) {
        failure ??= { error: new Error(`the handler of partition ${claim.partition} returned before its claim had ended`) }
      }
      end()
    })
  }
  void membership.over.then(end)
  const stopListening = parts.onRegroup?.(end)

  async function work(): Promise<'rebalance' | 'lost'> {
    try {
      while (!ended) await ending.wait()
      await drain(claims, parts.drainTimeoutMs)
    } finally {
      stopListening?.()
    }
    if (failure) throw new HandlerFailed(failure.error)
    return lost ? 'lost' : 'rebalance'
  }

  return { end, outcome: work() }
}

/** Waits for the handlers: no partition may be claimed again before its old handler has settled. */
async function drain(claims: readonly RunningClaim[], timeoutMs: number): Promise<void> {
  for (const claim of claims) claim.abort()
  const drained = await settlesWithin(timeoutMs, Promise.all(claims.map(claim => claim.outcome)))
  if (!drained) throw new HandlerFailed(new Error(`a handler did not return within ${timeoutMs} ms after its claim had ended`))
}

/** A handler threw (`cause`) or broke its contract. The consumer fails. */
export class HandlerFailed extends Error {
  constructor(cause: unknown) {
    super('a handler failed', { cause })
    this.name = 'HandlerFailed'
  }
}
