import { channelsFile } from '@northstar/notifications'
import { eventually } from '@northstar/testkit'
import { expect, it } from 'vitest'
import { bodies, catalogueOf, receiver, start, state, useAlerts } from './alerts.test-data.ts'
import { createDigestJobs } from './digests.ts'
import type { DigestDocument, HistoryRow } from './documents.ts'

useAlerts()

const WEEK = 7 * 86_400_000

const row = (at: number): HistoryRow => ({
  rule: 'low_csat',
  severity: 'P3',
  fingerprint: '00000000000000aa',
  labels: { alertname: 'low_csat', severity: 'P3' },
  state: 'firing',
  value: 0.5,
  threshold: 0.7,
  starts_at: at,
  ends_at: null,
  at,
})

it('sends the weekly digest of a receiver once, whichever replica leads and however often its run is repeated', async () => {
  const notifying = channelsFile.parse({
    channels: { hook: { type: 'webhook', url: receiver.url } },
    receivers: { rest: [], digest: [] },
    route: { receiver: 'rest', routes: [{ receiver: 'digest', matchers: ['severity="P3"'] }] },
    digests: [{ receiver: 'digest', channels: ['hook'], weekday: 'monday', at: '09:00' }],
  })
  const dueAt = Date.now() - 3_600_000
  const spans: (readonly [number | undefined, number | undefined])[] = []
  const [job] = createDigestJobs({
    catalogue: catalogueOf({ notifying }),
    timezone: 'UTC',
    state,
    async history({ from, to }) {
      spans.push([from, to])
      return [row(dueAt - 9_000_000)]
    },
  })
  const document = async () => (await state.get<DigestDocument>('alerts/digests/digest'))?.value
  const first = await start('one', { notifying })
  await job?.run({ dueAt, lateMs: 0 })
  await receiver.received(1)
  expect(bodies()[0]).toMatchObject({
    receiver: 'digest',
    alerts: [{ labels: row(0).labels, annotations: { summary: 'Satisfaction 50% is below 70%' } }],
  })
  await eventually(async () => (await document())?.notification === null)
  await eventually(async () => (await state.list('alerts/deliveries/')).length === 1)
  await first.stop()

  // The scheduler repeats a run whose end it did not store.
  await job?.run({ dueAt, lateMs: 0 })
  const second = await start('two', { notifying })
  await eventually(() => second.leads)
  await job?.run({ dueAt: dueAt + WEEK, lateMs: 0 })
  await receiver.received(2)
  await eventually(async () => (await document())?.notification === null)
  expect(receiver.requests).toHaveLength(2)
  expect(spans.map(([, to]) => to)).toEqual([dueAt, dueAt + WEEK])
  expect(spans[1]?.[0]).toBe(dueAt)
})
