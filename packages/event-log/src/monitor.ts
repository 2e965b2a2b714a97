import type { ConsumerHealth } from './port.ts'

/** Tracks how long each part of a consumer has been failing. */
export interface Monitor {
  ok(part: string): void
  problem(part: string, reason: string): void
  /** Marks the consumer as unhealthy for good. */
  end(reason: string): void
  health(): ConsumerHealth
}

export function createMonitor(patienceMs: number): Monitor {
  const problems = new Map<string, { readonly since: number; reason: string }>()
  let ended: string | undefined
  return {
    ok: part => void problems.delete(part),
    problem(part, reason) {
      const known = problems.get(part)
      if (known) known.reason = reason
      else problems.set(part, { since: performance.now(), reason })
    },
    end(reason) {
      ended ??= reason
    },
    health() {
      if (ended !== undefined) return { healthy: false, reason: ended }
      for (const [part, { since, reason }] of problems) {
        const ms = performance.now() - since
        if (ms >= patienceMs) return { healthy: false, reason: `${part}: ${reason}, for ${Math.round(ms / 1000)} s` }
      }
      const [recent] = problems
      return { healthy: true, reason: recent ? `consuming; ${recent[0]}: ${recent[1].reason}` : 'consuming' }
    },
  }
}
