import type { ConsumerHealth } from './port.ts'

/** Tracks how long each part of a consumer has been failing. */
export interface Monitor {
  ok(part: string): void
  trouble(part: string, reason: string): void
  /** Final: the consumer is unhealthy from then on. */
  end(reason: string): void
  health(): ConsumerHealth
}

export function createMonitor(patienceMs: number): Monitor {
  const troubles = new Map<string, { readonly since: number; reason: string }>()
  let ended: string | undefined
  return {
    ok: part => void troubles.delete(part),
    trouble(part, reason) {
      const known = troubles.get(part)
      if (known) known.reason = reason
      else troubles.set(part, { since: performance.now(), reason })
    },
    end(reason) {
      ended ??= reason
    },
    health() {
      if (ended !== undefined) return { healthy: false, reason: ended }
      for (const [part, { since, reason }] of troubles) {
        const ms = performance.now() - since
        if (ms >= patienceMs) return { healthy: false, reason: `${part}: ${reason}, for ${Math.round(ms / 1000)} s` }
      }
      const [recent] = troubles
      return { healthy: true, reason: recent ? `consuming; ${recent[0]}: ${recent[1].reason}` : 'consuming' }
    },
  }
}
