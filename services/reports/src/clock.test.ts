import { createCalendar } from '@northstar/catalogue'
import { createLogger, createScheduler } from '@northstar/runtime'
import { openEmbeddedState } from '@northstar/state/embedded'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createReports, listSent, reportsSchema } from './reports.ts'

const MINUTE = 60_000
const DAY = 1_440 * MINUTE

let folder: TempFolder
let now: number
let asleep: number
let state: ReturnType<typeof openEmbeddedState>

beforeEach(async () => {
  ;[now, asleep] = [0, 0]
  folder = await tempFolder('clock')
  state = openEmbeddedState({ path: folder.path }, { now: () => now })
})
afterEach(async () => {
  await state.close()
  await folder.remove()
})

/** A replica that sends one report; `sent` gets its date and its title. */
function replica(holder: string, timezone: string, schedule: object, sent: string[]) {
  const report = { title: 'Report', schedule, period: 'day', channels: ['slack'], sections: [{ lines: [{ text: 'A line' }] }] }
  const { jobs } = createReports({
    definitions: new Map(Object.entries(reportsSchema.parse({ reports: { report } }).reports)),
    metrics: new Map(),
    titles: { properties: {}, values: {} },
    calendar: createCalendar({ timezone, launch: '2026-01-01' }),
    read: () => Promise.reject(new Error('the report has no figures')),
    alerts: async () => [],
    state,
    fileNotes: () => ({}),
    channels: async () => {
      const post = async ({ title }: { readonly title: string }) => {
        sent.push(title.replace('📊 Report: ', ''))
        return { kind: 'ok' } as const
      }
      return new Map([['slack', { recipients: [], post }]])
    },
    holder,
    now: () => now,
    logger: createLogger('silent', 'test'),
  })
  return createScheduler({
    store: state,
    jobs,
    holder,
    now: () => now,
    monotonic: () => now - asleep,
    logger: createLogger('silent', 'test'),
  })
}

/** Runs two replicas from one time to another, each of which is restarted now and then. Returns the sent reports. */
async function sendBetween(timezone: string, schedule: object, from: string, to: string, every = 15 * MINUTE): Promise<string[]> {
  const sent: string[] = []
  now = Date.parse(from)
  let replicas = ['one', 'two'].map(holder => replica(holder, timezone, schedule, sent))
  for (let tick = 0; now < Date.parse(to); tick++, now += every) {
    for (const one of replicas) await one.tick()
    if (tick % 20 === 19) replicas = replicas.map((_, i) => replica(i === 0 ? 'one' : 'two', timezone, schedule, sent))
  }
  return sent
}

it.each([
  ['New York, an hour forward', 'America/New_York', '02:30', '2026-03-07', ['Mar 7', 'Mar 8', 'Mar 9']],
  ['New York, an hour back', 'America/New_York', '01:30', '2026-10-31', ['Oct 31', 'Nov 1', 'Nov 2']],
  ['Lord Howe, half an hour forward', 'Australia/Lord_Howe', '02:15', '2026-10-03', ['Oct 3', 'Oct 4', 'Oct 5']],
  ['Lord Howe, half an hour back', 'Australia/Lord_Howe', '01:45', '2026-04-04', ['Apr 4', 'Apr 5', 'Apr 6']],
  ['Cairo, an hour forward at midnight', 'Africa/Cairo', '00:30', '2026-04-23', ['Apr 23', 'Apr 24', 'Apr 25']],
  ['Cairo, an hour back at midnight', 'Africa/Cairo', '23:30', '2026-10-28', ['Oct 28', 'Oct 29', 'Oct 30']],
])('%s: two replicas send one report a day, none late', async (_, timezone, at, first, days) => {
  const start = createCalendar({ timezone, launch: '2026-01-01' }).startOf(first)
  const span = [new Date(start).toISOString(), new Date(start + 3 * DAY + 60 * MINUTE).toISOString()] as const
  const sent = await sendBetween(timezone, { at }, ...span)
  expect(sent.slice(0, 3)).toEqual(days.map(day => `${day}, 2026`))
  expect(new Set(sent).size).toBe(sent.length)
})

it('at the ends of months: a day that a month lacks is left out, the last of February is not March', async () => {
  const schedule = { at: '10:00', month_days: [1, 29, 31] }
  const sent = await sendBetween('America/New_York', schedule, '2026-01-28T00:00:00Z', '2026-04-02T00:00:00Z', 60 * MINUTE)
  expect(sent).toEqual(['Jan 29, 2026', 'Jan 31, 2026', 'Feb 1, 2026', 'Mar 1, 2026', 'Mar 29, 2026', 'Mar 31, 2026', 'Apr 1, 2026'])
})

it('after three days asleep the last due report is sent once, marked late; the others are skipped', async () => {
  const sent = await sendBetween('America/New_York', { at: '09:00' }, '2026-01-18T00:00:00Z', '2026-01-19T20:00:00Z')
  const [one, two] = ['one', 'two'].map(holder => replica(holder, 'America/New_York', { at: '09:00' }, sent))
  await one?.tick()
  now += 3 * DAY
  asleep += 3 * DAY
  for (let second = 0; second < 180; second += 15, now += 15_000) {
    await one?.tick()
    await two?.tick()
  }
  expect(sent).toEqual(['Jan 18, 2026', 'Jan 19, 2026', 'Jan 22, 2026 (6 hours late)'])
  expect((await listSent(state, 'report')).map(({ report }) => report.date)).toEqual(['2026-01-18', '2026-01-19', '2026-01-22'])
})

it('another zone in product.yaml while a report is due repeats and leaves out no day', async () => {
  const sent: string[] = []
  now = Date.parse('2026-01-19T00:00:00Z')
  for (const [timezone, until] of [
    ['Europe/Berlin', '2026-01-20T10:00:00Z'],
    // Nine o'clock of the same day comes again.
    ['America/New_York', '2026-01-21T13:59:00Z'],
    // It is past nine there, so the due report is late by the change.
    ['Asia/Tokyo', '2026-01-23T00:30:00Z'],
  ] as const) {
    const one = replica('one', timezone, { at: '09:00' }, sent)
    for (; now < Date.parse(until); now += 10 * MINUTE) await one.tick()
  }
  const days = sent.map(title => title.replace(/ \(.*/, ''))
  expect(days).toEqual(['Jan 19, 2026', 'Jan 20, 2026', 'Jan 21, 2026', 'Jan 22, 2026', 'Jan 23, 2026'])
})
