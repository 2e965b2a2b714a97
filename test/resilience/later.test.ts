import { eventually } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { startEmbedded } from '../support/installation.ts'
import { post, startLoad } from '../support/load.ts'
import { SEED } from '../support/random.ts'
import { createShiftedClock } from '../support/shifted-clock.ts'
import { withStores } from '../support/stores.ts'

/** Beyond the log's retention. */
const AHEAD_MS = 8 * 86_400_000

test('killed at work, started eight days later and once more: nothing accepted is lost, and what clients send again counts once', async () => {
  const clock = await createShiftedClock()
  const installation = await startEmbedded({ env: clock.env })
  try {
    const load = startLoad({ url: installation.ingest, seed: SEED })
    await eventually(() => load.sent.length > 3_000)
    const [service] = installation.services
    expect((await service?.kill())?.signal).toBe('SIGKILL')

    await clock.set(AHEAD_MS)
    await service?.start()
    await load.stop()
    await caughtUp(installation)
    // By now the processed records are older than the log's retention: a restart has only the records that the log kept.
    await service?.stop()
    await service?.start()
    for (let at = 0; at < load.sent.length; at += 500) {
      const { status } = await post(installation.ingest, JSON.stringify(load.sent.slice(at, at + 500)))
      expect(status).toBe(202)
    }
    await caughtUp(installation)
    // Of what arrived eight days ago the live counters have hours alone, so `verify` compares the rest.
    expect(JSON.parse((await installation.command(['verify', '--json'])).stdout)).toMatchObject({ ok: true, differences: [] })
    await installation.stop()
    const { rows, ids } = await withStores(installation.env, installation.product.catalogue, async ({ warehouse }) => {
      const [row] = await warehouse.query<{ rows: string; ids: string }>('SELECT count() AS rows, uniqExact(id_key) AS ids FROM events')
      return { rows: Number(row?.rows), ids: Number(row?.ids) }
    })
    const count = load.sent.length
    process.stdout.write(`eight days later, embedded, seed ${SEED}, ${count} events: lost ${count - ids}, doubled ${rows - ids}\n`)
    expect({ rows, ids }).toEqual({ rows: count, ids: count })
  } finally {
    await installation.remove()
    await clock.remove()
  }
}, 180_000)
