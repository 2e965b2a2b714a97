import { openEmbeddedState } from '@northstar/state/embedded'
import { tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from './logging.ts'
import { type DueRun, readJobStates, requestRun, type ScheduledJob } from './scheduled-job.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.parse('2026-03-01T08:00:00Z')
const logger = createLogger('silent', 'test')

let now = START
let monotonic = 0
let state: ReturnType<typeof openEmbeddedState>
let folder: Awaited<ReturnType<typeof tempFolder>>
let runs: DueRun[]

/** Time goes on, for both clocks. */
const pass = (ms: number) => {
  now += ms
  monotonic += ms
}

/** Due every day at nine. */
const daily = (run: ScheduledJob['run'], usefulMs = 2 * DAY): ScheduledJob => ({
  name: 'daily',
  lastDue: at => Math.floor((at - 9 * HOUR) / DAY) * DAY + 9 * HOUR,
  nextDue: after => (Math.floor((after - 9 * HOUR) / DAY) + 1) * DAY + 9 * HOUR,
  usefulMs,
  run,
})

const recording = daily(due => {
  runs.push(due)
  return Promise.resolve()
})

const open = (job: ScheduledJob = recording, holder = 'one'): Scheduler =>
  createScheduler({ store: state, jobs: [job], holder, now: () => now, monotonic: () => monotonic, logger })

const states = () => readJobStates(state, [recording], now)

const times = () => runs.map(({ dueAt }) => new Date(dueAt).toISOString().slice(5, 16))

beforeEach(async () => {
  ;[now, monotonic, runs] = [START, 0, []]
  folder = await tempFolder('scheduler')
  state = openEmbeddedState({ path: folder.path }, { now: () => now })
})
afterEach(async () => {
  await state.close()
  await folder.remove()
})

it('runs each due time once, whatever restarts', async () => {
  for (let hour = 0; hour < 96; hour++) {
    const scheduler = open()
    await scheduler.tick()
    await scheduler.tick()
    await scheduler.stop()
    pass(HOUR)
  }
  expect(times()).toEqual(['03-01T09:00', '03-02T09:00', '03-03T09:00', '03-04T09:00'])
  expect(runs.every(run => run.lateMs === 0)).toBe(true)
})

it('two replicas run each due time once, and the second goes on when the first is gone', async () => {
  const [one, two] = [open(recording, 'one'), open(recording, 'two')]
  for (let step = 0; step < 36; step++) {
    if (step < 20) await one.tick()
    await two.tick()
    pass(2 * HOUR)
  }
  expect(times()).toEqual(['03-01T10:00', '03-02T10:00', '03-03T10:00'].map(time => time.replace('10:00', '09:00')))
  await two.stop()
})

it('a machine that slept for three days runs the last due time, once, late, and counts the others', async () => {
  const scheduler = open()
  await scheduler.tick()
  now += 3 * DAY + 4 * HOUR
  monotonic += 1_000
  await scheduler.tick()
  expect(runs).toEqual([])
  pass(61_000)
  await scheduler.tick()
  await scheduler.tick()
  expect(times()).toEqual(['03-04T09:00'])
  expect(runs[0]?.lateMs).toBeGreaterThan(3 * HOUR - 1)
  expect((await states())[0]).toMatchObject({ skipped: 3, last: { dueAt: Date.parse('2026-03-04T09:00:00Z') } })
})

it('skips what is no longer of use', async () => {
  const scheduler = open(daily(recording.run, HOUR))
  await scheduler.tick()
  pass(DAY + 6 * HOUR)
  await scheduler.tick()
  expect(runs).toEqual([])
  expect((await states())[0]).toMatchObject({ skipped: 2 })
})

describe('a clock that is set', () => {
  it('a day ahead for 25 seconds runs nothing early', async () => {
    const scheduler = open()
    await scheduler.tick()
    now += DAY
    for (let second = 0; second < 25; second++) {
      await scheduler.tick()
      pass(1_000)
    }
    now -= DAY
    for (let minute = 0; minute < 130; minute++) {
      await scheduler.tick()
      pass(60_000)
    }
    expect(times()).toEqual(['03-01T09:00'])
  })

  it('back by two hours repeats nothing', async () => {
    const scheduler = open()
    await scheduler.tick()
    pass(90 * 60_000)
    await scheduler.tick()
    now -= 2 * HOUR
    for (let minute = 0; minute < 240; minute++) {
      await scheduler.tick()
      pass(60_000)
    }
    expect(times()).toEqual(['03-01T09:00'])
  })
})

it('a run that fails is retried with growing pauses under the same due time, and its problem can be read', async () => {
  let failures = 3
  const scheduler = open(
    daily(due => {
      runs.push(due)
      return failures-- > 0 ? Promise.reject(new Error('the channel is away')) : Promise.resolve()
    }),
  )
  await scheduler.tick()
  pass(HOUR + 1_000)
  await scheduler.tick()
  expect((await states())[0]?.failing).toMatchObject({ attempts: 1, problem: 'the channel is away' })
  for (let second = 0; second < 120; second++) {
    pass(1_000)
    await scheduler.tick()
  }
  expect(times()).toEqual(Array(4).fill('03-01T09:00'))
  expect((await states())[0]?.failing).toBeUndefined()
})

it('a new job begins now: what was due before is not made up for', async () => {
  now = START + 5 * HOUR
  const scheduler = open()
  await scheduler.tick()
  await scheduler.tick()
  expect(runs).toEqual([])
})

it('a new job that starts at once runs for its last due time', async () => {
  const scheduler = open({ ...recording, startsAtOnce: true })
  await scheduler.tick()
  await scheduler.tick()
  expect(times()).toEqual(['02-28T09:00'])
})

it('a requested run begins at once, for the last due time, and changes no later one', async () => {
  const scheduler = open()
  await scheduler.tick()
  await requestRun(state, recording, now)
  await scheduler.tick()
  await scheduler.tick()
  pass(2 * HOUR)
  await scheduler.tick()
  expect(times()).toEqual(['02-28T09:00', '03-01T09:00'])
})

it('a run that is requested while the job runs, or begins, is not lost', async () => {
  const job = daily(async due => {
    runs.push(due)
    if (runs.length === 1) await requestRun(state, job, now)
  })
  const scheduler = open(job)
  // The scheduler has read that there is no document, and the request comes before it writes one.
  const { get } = state
  let requested = false
  state.get = async key => {
    const found = await get(key)
    if (!requested) {
      requested = true
      state.get = get
      await requestRun(state, job, now)
    }
    return found as never
  }
  for (let second = 0; second < 4; second++) {
    await scheduler.tick()
    pass(1_000)
  }
  expect(times()).toEqual(['02-28T09:00', '02-28T09:00'])
})

it('a request that is written after a run ended does not make it run again for an earlier due time', async () => {
  const scheduler = open()
  await scheduler.tick()
  pass(2 * HOUR)
  const { get } = state
  let interrupted = false
  const slow = {
    ...state,
    async get<T>(key: string) {
      const found = await get<T>(key)
      if (!interrupted) {
        interrupted = true
        await scheduler.tick()
      }
      return found
    },
  }
  await requestRun(slow, recording, now)
  expect((await states())[0]?.doneUntil).toBe(Date.parse('2026-03-01T09:00:00Z'))
  await scheduler.tick()
  await scheduler.tick()
  expect(times()).toEqual(['03-01T09:00', '03-01T09:00'])
})

it('a requested run that fails is retried, and one with more to do continues', async () => {
  const ends = ['fails', 'has more', 'is done']
  const job = daily(async due => {
    runs.push(due)
    const end = ends.shift()
    if (end === 'fails') throw new Error('the channel is away')
    return end === 'has more' ? { continueAt: now + 30_000 } : undefined
  }, HOUR)
  const scheduler = open(job)
  await scheduler.tick()
  await requestRun(state, job, now)
  for (let second = 0; second < 120; second++) {
    await scheduler.tick()
    pass(1_000)
  }
  expect(times()).toEqual(Array(3).fill('02-28T09:00'))
  expect((await states())[0]).toMatchObject({ skipped: 0, last: { dueAt: Date.parse('2026-02-28T09:00:00Z') } })
  expect((await states())[0]?.failing).toBeUndefined()
})

it('a run that waits is no failure: it is tried again under the same due time, and what it waits for can be read', async () => {
  const results: string[] = []
  let isReady = false
  const job = daily(async () => (isReady ? undefined : { continueAt: now + 15_000, reason: 'events have yet to arrive' }))
  const onRun = (_: string, result: string) => results.push(result)
  const scheduler = createScheduler({ store: state, jobs: [job], holder: 'one', now: () => now, monotonic: () => monotonic, logger, onRun })
  await scheduler.tick()
  pass(HOUR)
  await scheduler.tick()
  const [waiting] = await states()
  expect(waiting).toMatchObject({ doneUntil: START, skipped: 0, continuing: { dueAt: START + HOUR, nextAt: now + 15_000 } })
  expect([waiting?.failing, waiting?.continuing?.reason, results]).toEqual([undefined, 'events have yet to arrive', []])
  isReady = true
  pass(15_000)
  await scheduler.tick()
  expect(await states()).toMatchObject([{ doneUntil: START + HOUR, skipped: 0 }])
  expect([(await states())[0]?.continuing, results]).toEqual([undefined, ['done']])
})

it('a run with more to do continues under the same due time, no earlier than it asks', async () => {
  const times: string[] = []
  const slow = daily(async ({ dueAt }) => {
    times.push(`${new Date(dueAt).toISOString().slice(11, 16)} at ${new Date(now).toISOString().slice(11, 19)}`)
    return times.length < 3 ? { continueAt: now + 90_000 } : undefined
  })
  await open(slow).tick()
  pass(HOUR)
  for (let second = 0; second < 600; second += 10) {
    await open(slow).tick()
    pass(10_000)
  }
  expect(times).toEqual(['09:00 at 09:00:00', '09:00 at 09:01:30', '09:00 at 09:03:00'])
  expect(await states()).toMatchObject([{ doneUntil: START + HOUR, skipped: 0 }])
})
