import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { startEmbedded } from '../support/installation.ts'
import { createEvents, post } from '../support/load.ts'
import { createRandom, SEED } from '../support/random.ts'

test('a log that was put back from a copy: in /readyz, in the metrics and in verify, until somebody acknowledges it', async () => {
  const installation = await startEmbedded()
  try {
    const next = createEvents('incident', createRandom(SEED))
    const send = async (count: number) => {
      const { status } = await post(installation.ingest, JSON.stringify(Array.from({ length: count }, next)))
      expect(status).toBe(202)
      await caughtUp(installation)
    }
    const [service] = installation.services
    const folder = installation.env.NORTHSTAR_DATA_DIR ?? ''
    const [log, copy] = [join(folder, 'log'), join(folder, 'log-copy')]
    await send(20)
    await service?.stop()
    await cp(log, copy, { recursive: true })
    await service?.start()
    await send(20)
    await service?.stop()
    await rm(log, { recursive: true })
    await cp(copy, log, { recursive: true })
    await service?.start()

    // It works, so that it is ready, but not well.
    const ready = await eventually(async () => {
      const answer = await installation.get('/readyz')
      return JSON.stringify(answer.body).includes('"status":"degraded"') && answer
    })
    expect(ready.status).toBe(200)
    expect(JSON.stringify(ready.body)).toContain('the log lost processed records')
    await send(10)
    const verified = await installation.command(['verify', '--json', '--wait', '0'])
    expect(verified.code).toBe(1)
    expect(
      JSON.parse(verified.stdout)
        .incidents.map(({ group }: { group: string }) => group)
        .toSorted(),
    ).toEqual(['counters', 'warehouse'])
    const metrics = async () => (await fetch(`${service?.metricsUrl}/metrics`)).text()
    await eventually(async () => /northstar_log_incidents\{group="warehouse",kind="log_cut"\} 1/.test(await metrics()))

    const listed = await installation.command(['incidents'])
    expect([listed.code, listed.stdout]).toEqual([1, expect.stringContaining('log_cut')])
    const acknowledged = await installation.command(['incidents', '--acknowledge'])
    expect([acknowledged.code, acknowledged.stdout]).toEqual([0, expect.stringContaining('acknowledged')])
    await eventually(async () => JSON.stringify((await installation.get('/readyz')).body).includes('"status":"ready"'))
    expect(await metrics()).not.toMatch(/northstar_log_incidents\{group="warehouse"/)
  } finally {
    await installation.remove()
  }
}, 240_000)
