import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, type ReceivedRequest, type SpawnedProcess, startReceiver } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type Installation, startEmbedded, WRITE_KEY } from '../support/installation.ts'
import { copyProduct } from '../support/product-copy.ts'
import { createRandom, SEED } from '../support/random.ts'

const REPORTS = 25
const CHANNELS = ['slack-releases', 'discord-announcements']
/** Each send of each report meets one kill. */
const KILLS = REPORTS * CHANNELS.length
/** The delivery is stored some milliseconds after the answer. */
const MOMENTS = ['before the answer', 'with the answer', 'soon after the answer'] as const
const LATEST_KILL_MS = 40
const DAY_MS = 86_400_000

interface Schedule {
  readonly jobs: readonly { readonly name: string; readonly last: object | null; readonly failing: object | null }[]
}

const report = {
  title: 'Daily Report',
  schedule: { at: '00:00' },
  period: 'day',
  channels: CHANNELS,
  sections: [{ lines: [{ metric: 'downloads' }] }],
}
const names = Array.from({ length: REPORTS }, (_, i) => `report-${i}`)

async function post({ query, env }: Installation, path: string, key: string | undefined, body?: object): Promise<void> {
  const authorization = `Bearer ${key ?? env.NORTHSTAR_ADMIN_TOKEN}`
  const answer = await fetch(query + path, {
    method: 'POST',
    headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
}

/** A download of yesterday: a report that is built again after it has another value. */
const download = (installation: Installation) =>
  post(installation, '/v1/events', WRITE_KEY, {
    event: 'downloads',
    timestamp: new Date(Date.now() - DAY_MS).toISOString(),
    user_id: 'somebody',
    properties: { platform: 'linux', channel: 'website', version: '1.0.0' },
  })

async function isDone(installation: Installation): Promise<boolean> {
  const { jobs } = (await installation.get('/v1/schedule').catch(() => ({ body: { jobs: [] } }))).body as Schedule
  return names.every(name => jobs.some(job => job.name === `reports/${name}` && job.last && !job.failing))
}

test(`reports, killed ${KILLS} times around a send: one message each, a repeat has the same key and content`, async () => {
  const random = createRandom(SEED)
  const [product, receiver] = [await copyProduct(), await startReceiver()]
  await writeFile(join(product.folder, 'reports.yaml'), stringify({ reports: Object.fromEntries(names.map(name => [name, report])) }))
  const installation = await startEmbedded({
    product,
    env: { SLACK_RELEASES_WEBHOOK_URL: `${receiver.url}/slack`, DISCORD_ANNOUNCEMENTS_WEBHOOK_URL: `${receiver.url}/discord` },
  })
  const [service] = installation.services
  const keyOf = ({ path, headers }: ReceivedRequest) => `${path} ${String(headers['idempotency-key'])}`
  const met = new Set<string>()
  /** The process that is being killed: what it sends meanwhile meets a kill of its own later. */
  let dying: SpawnedProcess | undefined
  let requested: () => void = () => {}
  const ready = new Promise<void>(resolve => {
    requested = resolve
  })
  receiver.otherwise(async request => {
    await ready
    const current = service?.process
    if (current === dying) return 'reset'
    if (met.has(keyOf(request))) return 200
    const moment = MOMENTS[met.size % MOMENTS.length]
    met.add(keyOf(request))
    dying = current
    if (moment === 'before the answer') current?.signal('SIGKILL')
    if (moment === 'with the answer') setImmediate(() => current?.signal('SIGKILL'))
    if (moment === 'soon after the answer') void sleep(random.below(LATEST_KILL_MS)).then(() => current?.signal('SIGKILL'))
    return moment === 'before the answer' ? 'reset' : 200
  })
  try {
    await download(installation)
    for (const name of names) await post(installation, `/v1/schedule/${encodeURIComponent(`reports/${name}`)}/run`, undefined)
    requested()
    let kills = 0
    const ended = () => service?.process.exit !== undefined
    while (
      (await eventually(async () => (ended() ? 'killed' : (await isDone(installation)) ? 'done' : undefined), { timeoutMs: 90_000 })) ===
      'killed'
    ) {
      kills++
      // Reports run before a process is ready, so the next kill may come at its start.
      await service?.start().catch(error => {
        if (!ended()) throw error
      })
      await download(installation).catch(() => {})
    }
    expect(kills).toBe(KILLS)
    const messages = new Map<string, Set<string>>()
    for (const request of receiver.requests)
      messages.set(keyOf(request), (messages.get(keyOf(request)) ?? new Set()).add(request.body.toString()))
    const repeats = receiver.requests.length - messages.size
    process.stdout.write(`${KILLS} kills around a send (seed ${SEED}): ${messages.size} messages of ${KILLS}, ${repeats} repeats\n`)
    expect(messages.size).toBe(KILLS)
    expect([...messages.values()].filter(contents => contents.size > 1)).toEqual([])
    // A kill before the answer always leads to a repeat.
    expect(repeats).toBeGreaterThanOrEqual(Math.ceil(KILLS / MOMENTS.length))
  } finally {
    await installation.remove()
    await receiver.stop()
  }
}, 900_000)
