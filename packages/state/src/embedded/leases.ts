import type { Lease } from '../port.ts'
import type { StateFile } from './state-file.ts'

/** Leases by name, timed by `now`. */
export function createLeases(file: StateFile, now: () => number) {
  const { leases } = file
  const isCurrent = (name: string, token: number) => leases.get(name)?.token === token

  function leaseOf(name: string, holder: string, token: number, ttlMs: number): Lease {
    return {
      token,
      renew: () =>
        file.write(() => {
          if (!isCurrent(name, token)) return false
          leases.putSync(name, { holder, token, expiresAt: now() + ttlMs, ttlMs })
          return true
        }),
      release: () =>
        file.write(() => {
          if (isCurrent(name, token)) leases.putSync(name, { holder, token, expiresAt: 0, ttlMs })
        }),
    }
  }

  return {
    /** Whether no newer lease of the name was acquired. */
    isCurrent,

    acquire: (name: string, holder: string, ttlMs: number): Promise<Lease | null> =>
      file.write(() => {
        const held = leases.get(name)
        const at = now()
        // More than the whole lease is left where the clock was ahead when it was taken.
        const left = held ? held.expiresAt - at : 0
        if (held && held.holder !== holder && left > 0 && left <= held.ttlMs) return null
        const token = file.nextNumber()
        leases.putSync(name, { holder, token, expiresAt: at + ttlMs, ttlMs })
        return leaseOf(name, holder, token, ttlMs)
      }),
  }
}
