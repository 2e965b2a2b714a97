import { type Alert, fingerprint } from '@northstar/alerting'
import { type Channel, channelsFile, type Outcome } from '@northstar/notifications'
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createNotifier } from './notifier.ts'

const MINUTE = 60_000
const logger = pino({ level: 'silent' })
const notifying = channelsFile.parse({
  channels: { hook: { type: 'webhook', url: 'https://example.com' }, pager: { type: 'webhook', url: 'https://example.com' } },
  receivers: { all: ['hook', 'pager'] },
  route: { receiver: 'all', group_by: ['...'], group_wait: 0 },
})

/** Ten minutes in which a receiver fails in every way, then recovers. `taken` are ids that it really took. */
type Weather = 'ok' | '500' | '429' | 'lost' | 'timeout'

const alertOf = (n: number): Alert => {
  const labels = { alertname: `rule_${n}` }
  return {
    fingerprint: fingerprint(labels),
    rule: `rule_${n}`,
    severity: 'P0',
    labels,
    annotations: {},
    startsAt: 0,
    endsAt: null,
    value: 1,
    threshold: 0,
  }
}

describe('the queue', () => {
  it('through ten minutes of 500, 429 and time-outs, with the process dying at any time, loses nothing and doubles no id', async () => {
    const weather = fc.array(fc.constantFrom<Weather>('500', '429', 'lost', 'timeout', 'ok'), { minLength: 1, maxLength: 40 })
    const deaths = fc.uniqueArray(fc.integer({ min: 0, max: 12 * 60 }), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(weather, deaths, fc.integer({ min: 1, max: 6 }), async (sky, dies, count) => {
        let now = 0
        let tries = 0
        const taken: { channel: string; id: string; status: string; rule: string }[] = []
        const channelOf = (name: string, unit: 'group' | 'alert'): Channel => ({
          type: 'webhook',
          unit,
          acknowledges: false,
          carriesDigests: true,
          recipients: [],
          send({ id, status, alerts: [alert] }): Promise<Outcome> {
            const now10 = now < 10 * MINUTE
            const how = now10 ? (sky[tries++ % sky.length] ?? 'ok') : 'ok'
            if (how === 'ok' || how === 'lost') taken.push({ channel: name, id, status, rule: alert?.rule ?? '' })
            if (how === 'ok') return Promise.resolve({ kind: 'ok' })
            return Promise.resolve({ kind: 'retry', reason: how, ...(how === '429' && { afterMs: 30_000 }) })
          },
        })
        const channels = new Map([
          ['hook', channelOf('hook', 'group')],
          ['pager', channelOf('pager', 'alert')],
        ])
        const store = new Map<string, string>()
        const start = () => {
          const notifier = createNotifier({ notifying, channels, now: () => now, random: () => 0.5, logger, onSettled() {} })
          notifier.load([...store.values()].map(text => JSON.parse(text) as Parameters<typeof notifier.load>[0][number]))
          return notifier
        }
        let notifier = start()
        const firing = Array.from({ length: count }, (_, n) => alertOf(n))
        for (let second = 0; second <= 20 * 60; second++) {
          now = second * 1_000
          // All fire at once and end after five minutes.
          const on = second < 300
          const ended = on ? [] : firing.map(alert => ({ ...alert, endsAt: 300_000 }))
          notifier.dispatch({ firing: on ? firing : [], ended, silences: [], acknowledgements: new Map() })
          const items = notifier.prepare()
          for (const [key, document] of notifier.takeUnsaved()) {
            if (document) store.set(key, JSON.stringify(document))
            else store.delete(key)
          }
          notifier.send(items)
          await notifier.idle()
          if (dies.includes(second)) notifier = start()
        }
        expect(store.size).toBe(0)
        for (const channel of ['hook', 'pager'])
          for (const { rule } of firing) {
            const own = taken.filter(one => one.channel === channel && one.rule === rule)
            // Once each, as far as a receiver that knows ids can tell, and the beginning before the end.
            expect([...new Set(own.map(one => one.id))]).toHaveLength(2)
            expect([...new Set(own.map(one => one.status))]).toEqual(['firing', 'resolved'])
          }
      }),
      { numRuns: 40 },
    )
  })
})
