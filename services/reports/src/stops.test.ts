import { createCalendar } from '@northstar/catalogue'
import { channelTypes, createChannel, createHttpSend } from '@northstar/notifications'
import { createLogger, createScheduler } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { startReceiver, tempFolder } from '@northstar/testkit'
import { expect, it } from 'vitest'
import { createReports, type ReportsDeps, reportsSchema } from './reports.ts'

const DAY_MS = 86_400_000
const START = Date.parse('2026-01-19T20:00:00Z')
const calendar = createCalendar({ timezone: 'America/New_York', launch: '2026-01-15' })
const definitions = new Map(
  Object.entries(
    reportsSchema.parse({
      reports: {
        daily: {
          title: 'Daily Report',
          schedule: { at: '09:00' },
          period: 'day',
          channels: ['slack', 'discord'],
          sections: [{ lines: [{ metric: 'downloads' }] }],
        },
      },
    }).reports,
  ),
)

class Stopped extends Error {}

/** Where a process ends: at its nth write or send, before that happened or after, and in either case without knowing. */
interface Stop {
  readonly nth: number
  readonly when: 'before' | 'after'
}

/** The steps of a process until it ends; after that it does nothing more. */
function createSteps(stop?: Stop) {
  const names: string[] = []
  let stopped = false
  async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (stopped) throw new Stopped(name)
    names.push(name)
    const isLast = names.length === stop?.nth
    if (isLast) stopped = true
    if (isLast && stop?.when === 'before') throw new Stopped(name)
    const result = await work()
    if (stopped) throw new Stopped(name)
    return result
  }
  return { names, step }
}

it('a stop before or after any write or send leaves one message a channel, with the same key and content on a repeat', async () => {
  const [folder, receiver] = [await tempFolder('stops'), await startReceiver()]
  const http = createHttpSend({ allowPrivateTargets: true, timeoutMs: 5_000 })
  const logger = createLogger('silent', 'test')
  let now = START
  let downloads = 0
  const state: StateStore = openEmbeddedState({ path: folder.path }, { now: () => now })
  const channelDeps = { http, now: () => now, publicUrl: '', allowPrivateTargets: true, defaultWebhookSecret: '' }
  const channels = ['slack', 'discord'].map(type => {
    const config = channelTypes.get(type)?.schema.parse({ type, url: `${receiver.url}/${type}` }) as { readonly type: string }
    return [type, createChannel(config, channelDeps)] as const
  })
  // Each reading gives another value: only stored content is the same twice.
  const read: ReportsDeps['read'] = ({ metric, from, to, period }) => {
    const span = { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
    const points = [{ ...span, complete: true, sample: 1, previous: null, value: ++downloads }]
    return Promise.resolve({ metric, unit: 'count', timezone: calendar.timezone, period, source: 'warehouse', points })
  }

  /** Starts a process that runs due jobs until there are none or it ends. Returns the steps that it reached. */
  async function run(stop?: Stop): Promise<readonly string[]> {
    const { names, step } = createSteps(stop)
    const store: StateStore = {
      ...state,
      put: (key, value, options) => step(`put ${key.split('/', 2).join('/')}`, () => state.put(key, value, options)),
    }
    const reports = createReports({
      definitions,
      metrics: new Map(),
      titles: { properties: {}, values: {} },
      calendar,
      read,
      alerts: async () => [],
      state: store,
      fileNotes: () => ({}),
      channels: async () =>
        new Map(
          channels.map(([type, { recipients, post }]) => [
            type,
            { recipients, post: article => step(`post ${type}`, async () => post?.(article) ?? { kind: 'ok' }) },
          ]),
        ),
      holder: 'one',
      now: () => now,
      logger,
    })
    const scheduler = createScheduler({ store, jobs: reports.jobs, holder: 'one', now: () => now, monotonic: () => now, logger })
    await scheduler.tick()
    return names
  }

  try {
    await run()
    now += DAY_MS
    const steps = await run()
    expect(steps).toEqual([
      'put reports/sent',
      'post slack',
      'put reports/sent',
      'post discord',
      'put reports/sent',
      'put schedule/reports',
    ])
    const repeated: string[] = []
    for (const [i, name] of steps.entries())
      for (const when of ['before', 'after'] as const) {
        now += DAY_MS
        receiver.clear()
        expect(await run({ nth: i + 1, when })).toHaveLength(i + 1)
        await run()
        expect(await run(), 'nothing is left to do').toEqual([])
        for (const type of ['slack', 'discord']) {
          const messages = receiver.requests
            .filter(({ path }) => path === `/${type}`)
            .map(({ headers, body }) => `${headers['idempotency-key']} ${body}`)
          expect(new Set(messages).size, `${type}: a stop ${when} ${name}`).toBe(1)
          if (messages.length > 1) repeated.push(`${type}: ${when} ${name} ${i}`)
        }
      }
    // Only where a receiver has the message and the store does not know of it.
    expect(repeated).toEqual([
      'slack: after post slack 1',
      'slack: before put reports/sent 2',
      'discord: after post discord 3',
      'discord: before put reports/sent 4',
    ])
  } finally {
    http.close()
    await state.close()
    await receiver.stop()
    await folder.remove()
  }
})
