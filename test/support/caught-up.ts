import { eventually } from '@northstar/testkit'
import type { Installation } from './installation.ts'

interface Lag {
  readonly groups: Readonly<Record<'counters' | 'warehouse', { readonly behind: number; readonly total: number }>>
}

/** Resolves once both groups have processed the whole log. */
export async function caughtUp(installation: Installation, timeoutMs = 90_000): Promise<void> {
  await eventually(
    async () => {
      const { status, body } = await installation.get('/v1/lag')
      if (status !== 200) throw new Error(`the lag cannot be read: ${JSON.stringify(body)}`)
      const { groups } = body as Lag
      return groups.counters.behind === 0 && groups.warehouse.behind === 0
    },
    { timeoutMs, everyMs: 100, what: 'both groups at the end of the log' },
  )
}
