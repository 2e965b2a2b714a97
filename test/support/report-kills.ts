import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, eventually, type ReceivedRequest, type Receiver, type SpawnedProcess } from '@northstar/testkit'
import { type Installation, type Service, WRITE_KEY } from './installation.ts'
import type { Random } from './random.ts'

const DAY_MS = 86_400_000
/** A delivery is stored some milliseconds after the answer. */
const MOMENTS = ['before the answer', 'with the answer', 'soon after the answer'] as const
const LATEST_KILL_MS = 40

/** Two channels, so that a report can be half sent. */
export const CHANNELS = ['slack-releases', 'discord-announcements'] as const

/** Reports of `reports.yaml` that each channel gets, due at midnight. */
export const reportsNamed = (names: readonly string[]) =>
  Object.fromEntries(
    names.map(name => [
      name,
      {
        title: 'Daily Report',
        schedule: { at: '00:00' },
        period: 'day',
        channels: CHANNELS,
        sections: [{ lines: [{ metric: 'downloads' }] }],
      },
    ]),
  )

async function post({ ingest, query, env }: Installation, path: string, body?: object): Promise<void> {
  const isEvent = path === '/v1/events'
  const authorization = `Bearer ${isEvent ? WRITE_KEY : env.NORTHSTAR_ADMIN_TOKEN}`
  const answer = await fetch((isEvent ? ingest : query) + path, {
    method: 'POST',
    headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
}

/** A download of yesterday: a report that is built again after it has another value. */
const download = (installation: Installation) =>
  post(installation, '/v1/events', {
    event: 'downloads',
    timestamp: new Date(Date.now() - DAY_MS).toISOString(),
    user_id: 'somebody',
    properties: { platform: 'linux', channel: 'website', version: '1.0.0' },
  })

interface Schedule {
  readonly jobs: readonly { readonly name: string; readonly last: object | null; readonly failing: object | null }[]
}

async function areSent(installation: Installation, names: readonly string[]): Promise<boolean> {
  const { jobs } = (await installation.get('/v1/schedule').catch(() => ({ body: { jobs: [] } }))).body as Schedule
  return names.every(name => jobs.some(job => job.name === `reports/${name}` && job.last && !job.failing))
}

/** Channel settings of the nth process; its messages arrive under the path `/n`. */
export const channelsOf = (receiver: Pick<Receiver, 'url'>, n: number) => ({
  SLACK_RELEASES_WEBHOOK_URL: `${receiver.url}/${n}/slack`,
  DISCORD_ANNOUNCEMENTS_WEBHOOK_URL: `${receiver.url}/${n}/discord`,
})

export interface KillOptions {
  readonly installation: Installation
  readonly reports: readonly string[]
  readonly random: Random
  /** Of the nth kill, from 0: whether another process takes over before the killed one is started again. */
  readonly isTakenOver?: (kill: number) => boolean
}

export interface KilledSends {
  /** The answer to a message; it kills the sender once around each. */
  answer(request: ReceivedRequest): Promise<Answer>
  /** Requests the reports and restarts killed processes, until all are sent. Resolves with the number of kills. */
  run(): Promise<number>
  /** The contents of each message, by channel and idempotency key. */
  readonly messages: ReadonlyMap<string, readonly string[]>
}

/** Kills the process that sends, once around each message of each report. */
export function createKilledSends({ installation, reports, random, isTakenOver = () => false }: KillOptions): KilledSends {
  const messages = new Map<string, string[]>()
  const met = new Set<string>()
  /** The process that is being killed; messages that it still sends are reset, and kill again when they are repeated. */
  let dying: SpawnedProcess | undefined
  let lastSender: Service | undefined
  let begin: () => void = () => {}
  const begun = new Promise<void>(resolve => {
    begin = resolve
  })

  async function answer({ path, headers, body }: ReceivedRequest): Promise<Answer> {
    const [, n, channel] = path.split('/')
    const key = `${channel} ${String(headers['idempotency-key'])}`
    messages.set(key, [...(messages.get(key) ?? []), body.toString()])
    await begun
    lastSender = installation.services[Number(n)]
    const sender = lastSender?.process
    if (sender === undefined || sender === dying) return 'reset'
    if (met.has(key)) return 200
    const moment = MOMENTS[met.size % MOMENTS.length]
    met.add(key)
    dying = sender
    if (moment === 'before the answer') sender.signal('SIGKILL')
    if (moment === 'with the answer') setImmediate(() => sender.signal('SIGKILL'))
    if (moment === 'soon after the answer') void sleep(random.below(LATEST_KILL_MS)).then(() => sender.signal('SIGKILL'))
    return moment === 'before the answer' ? 'reset' : 200
  }

  async function run(): Promise<number> {
    await download(installation)
    for (const name of reports) await post(installation, `/v1/schedule/${encodeURIComponent(`reports/${name}`)}/run`)
    begin()
    let kills = 0
    for (;;) {
      const found = await eventually(
        async () =>
          installation.services.find(({ process }) => process.exit !== undefined) ??
          (kills === met.size && (await areSent(installation, reports)) ? 'sent' : undefined),
        { timeoutMs: 90_000, what: `all reports are sent, after ${kills} kills` },
      )
      if (found === 'sent') return kills
      if (isTakenOver(kills))
        await eventually(async () => lastSender !== found || (await areSent(installation, reports)), {
          timeoutMs: 60_000,
          what: 'a takeover',
        })
      kills++
      const killed = found.process
      // Reports run before a process is ready, so the next kill may come at its start.
      await found.start().catch(error => {
        if (found.process === killed || found.process.exit === undefined) throw error
      })
      await download(installation).catch(() => {})
    }
  }

  return { answer, run, messages }
}
