import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, startReceiver } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startDistributed, startEmbedded } from '../support/installation.ts'
import { post } from '../support/load.ts'
import { allServers } from '../support/servers.ts'
import { createShiftedClock } from '../support/shifted-clock.ts'

const HOUR = 3_600_000
const servers = allServers()
const ROLES = ['ingest', 'counters', 'warehouse', 'alerts', 'api'] as const

interface Hook {
  readonly status: string
  readonly alerts: readonly { readonly startsAt: string; readonly endsAt: string; readonly labels: { readonly alertname: string } }[]
}

interface MetricAnswer {
  readonly source: string
  readonly points: readonly { readonly value: number | null }[]
}

interface AlertsAnswer {
  readonly alerts: readonly { readonly rule: string; readonly state: string; readonly starts_at: string }[]
}

/** Sends a command every 100 ms until it is stopped. All must be accepted. */
function startCommands(url: string, timed: () => boolean) {
  let stopped = false
  const sent: { readonly id: string; readonly timestamp?: string }[] = []
  const answers = new Set<string>()
  const work = (async () => {
    while (!stopped) {
      const timestamp = timed() ? new Date().toISOString() : undefined
      const one = { id: `${timed() ? 'timed' : 'plain'}-${sent.length}`, ...(timestamp && { timestamp }) }
      const event = { ...one, event: 'command_generated', user_id: 'ada', session_id: 's', properties: { category: 'devops' } }
      const { status, body } = await post(url, JSON.stringify(event))
      answers.add(`${status} ${JSON.stringify(body)}`)
      sent.push(one)
      await sleep(100)
    }
  })()
  return {
    sent,
    answers,
    async stop() {
      stopped = true
      await work
    },
  }
}

type Start = (env: Readonly<Record<string, string>>) => Promise<Installation>

async function underWrongClock(start: Start): Promise<void> {
  const [clock, receiver] = [await createShiftedClock(), await startReceiver()]
  const installation = await start({ ...clock.env, NORTHSTAR_ALERT_WEBHOOK_URL: `${receiver.url}/hook` })
  const hooks = () => receiver.requests.map(({ body }) => JSON.parse(body.toString()) as Hook)
  const issue = async (action: string) => {
    const event = { event: 'github_issue', properties: { number: 1, action, priority: 'P0' } }
    expect((await post(installation.ingest, JSON.stringify(event))).status).toBe(202)
  }
  const bugAlert = async () => {
    const { alerts } = (await installation.get('/v1/alerts')).body as AlertsAnswer
    return alerts.find(({ rule }) => rule === 'p0_bugs_open')
  }
  const commandsBetween = async (from: number, to: number) => {
    const span = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`
    return (await installation.get(`/v1/metrics/commands?${span}&period=total`)).body as MetricAnswer
  }
  let timed = true
  try {
    await issue('opened')
    await eventually(async () => hooks().some(({ status }) => status === 'firing'))
    const begun = await bugAlert()
    const from = Date.now()
    const commands = startCommands(installation.ingest, () => timed)
    await sleep(3_000)

    await clock.set(24 * HOUR)
    await sleep(25_000)
    await clock.set(0)
    await sleep(1_000)
    await commands.stop()
    await caughtUp(installation)
    const to = Date.now()
    expect(commands.answers).toEqual(new Set(['202 {"accepted":1,"rejected":[]}']))
    const answer = await commandsBetween(from, to)
    process.stdout.write(`a day ahead for 25 s, ${installation.mode}: ${commands.sent.length} commands, answered by the ${answer.source}\n`)
    expect(answer.points.map(({ value }) => value)).toEqual([commands.sent.length])
    // Whole minutes too, which the live counters would answer if nothing were missing.
    const whole = [Math.ceil(from / 60_000), Math.floor(to / 60_000)].map(minute => minute * 60_000) as [number, number]
    const within = commands.sent.filter(({ timestamp = '' }) => Date.parse(timestamp) >= whole[0] && Date.parse(timestamp) < whole[1])
    if (whole[0] < whole[1]) expect((await commandsBetween(...whole)).points[0]?.value).toBe(within.length)

    await clock.set(-HOUR)
    // An event of the true time is an hour ahead of this clock, and refused as documented; one without a time is not.
    timed = false
    const later = startCommands(installation.ingest, () => timed)
    // Longer than the minute for which no rule is evaluated.
    await sleep(70_000)
    await later.stop()
    expect(later.answers).toEqual(new Set(['202 {"accepted":1,"rejected":[]}']))
    expect(await bugAlert()).toMatchObject({ state: 'firing', starts_at: begun?.starts_at })
    expect(hooks().map(({ status }) => status)).not.toContain('resolved')

    await clock.set(0)
    await installation.stop()
    await Promise.all(installation.services.map(service => service.start()))
    await issue('closed')
    const end = await eventually(async () => hooks().find(({ status }) => status === 'resolved'), { timeoutMs: 60_000 })
    for (const { startsAt, endsAt } of end.alerts) expect(Date.parse(endsAt)).toBeGreaterThanOrEqual(Date.parse(startsAt))
    await caughtUp(installation)
    expect(JSON.parse((await installation.command(['verify', '--json'])).stdout)).toMatchObject({ ok: true, differences: [] })
  } finally {
    await installation.remove()
    await receiver.stop()
    await clock.remove()
  }
}

// Two minutes each, nearly all of it waiting: the clock is wrong for 25 s, and rules rest for a minute after it was set.
const TIMEOUT_MS = 300_000
const TITLE = 'a clock a day ahead for 25 s and then an hour back: figures are whole, events are taken, an open alert stays open'

test.concurrent(`${TITLE} (embedded)`, () => underWrongClock(env => startEmbedded({ env })), TIMEOUT_MS)

test
  .skipIf(!servers)
  .concurrent(
    `${TITLE} (distributed)`,
    () =>
      underWrongClock(async env =>
        startDistributed({ ...(servers ?? { brokers: '', redisUrl: '', clickhouseUrl: '' }), roles: ROLES, env }),
      ),
    TIMEOUT_MS,
  )
