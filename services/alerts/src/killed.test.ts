import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '@northstar/testkit'
import { afterAll, expect, it } from 'vitest'

const KILLS = 50
const home = new URL('..', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'northstar-alerts-killed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The engine in a process of its own, over a store on disk; whether the bug is open is in its environment. */
const ENGINE = `
import { createAlerts } from '@northstar/alerts'
import { alertsFile } from '@northstar/alerting'
import { channelsFile } from '@northstar/notifications'
import { openEmbeddedState } from '@northstar/state/embedded'
import { pino } from 'pino'
const rules = alertsFile.parse({ groups: [{ name: 'g', rules: [{ alert: 'bug', metric: 'm', window: '5m', condition: { above: 0 }, severity: 'P0', action: '' }] }] })
const notifying = channelsFile.parse({ channels: { hook: { type: 'webhook', url: process.env.HOOK } }, receivers: { all: ['hook'] }, route: { receiver: 'all', group_wait: 0 } })
const product = { name: 'p', title: 'P', timezone: 'UTC', launch: '2026-01-15' }
const value = Number(process.env.BUGS)
const alerts = createAlerts(
  { holder: 'one', leaseMs: 5000, allowPrivateTargets: true, publicUrl: '' },
  {
    catalogue: { product, plan: { events: new Map(), columns: [] }, metrics: new Map(), rules, notifying },
    read: () => Promise.resolve({ points: [{ value, sample: value }], source: 'warehouse' }),
    state: openEmbeddedState({ path: process.env.FOLDER }),
    warehouse: { insert: () => Promise.resolve(), query: () => Promise.resolve([]) },
    now: Date.now,
    logger: pino({ level: 'silent' }),
  },
)
await alerts.start()
setInterval(() => {}, 1000)
`

it(`killed ${KILLS} times around a send, it misses nothing, and a repeat carries the same id`, { timeout: 180_000 }, async () => {
  if (!existsSync(join(home, 'dist/alerts.js'))) throw new Error('build the package first: npm run build')
  const accepted: { id: string; status: string }[] = []
  const tried: string[] = []
  let arrived: (answer: () => void) => void = answer => answer()
  const hook = createServer((request, response) => {
    let text = ''
    request.on('data', (part: Buffer) => (text += part.toString()))
    request.on('end', () => {
      const id = String(request.headers['webhook-id'])
      tried.push(id)
      arrived(() => {
        accepted.push({ id, status: (JSON.parse(text) as { status: string }).status })
        response.end()
      })
    })
  }).listen(0, '127.0.0.1')
  await once(hook, 'listening')
  const address = hook.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`

  const start = (bugs: number) => {
    const env = { ...process.env, HOOK: url, BUGS: String(bugs), FOLDER: folder }
    return spawn(process.execPath, ['--input-type=module', '-e', ENGINE], { cwd: home, env, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  let seed = 42
  const random = () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32
    return seed / 2 ** 32
  }

  for (let round = 0; round < KILLS; round++) {
    const engine = start((round + 1) % 2)
    // Killed before the receiver answers, or a moment after.
    const before = random() < 0.5
    const after = random() * 25
    await new Promise<void>(resolve => {
      arrived = answer => {
        arrived = late => late()
        if (!before) answer()
        void sleep(before ? 0 : after).then(() => {
          engine.kill('SIGKILL')
          resolve()
        })
      }
    })
    await once(engine, 'exit')
  }
  arrived = answer => answer()
  const last = start(KILLS % 2)
  const statuses = () => {
    const seen = new Map<string, string>()
    for (const { id, status } of accepted) seen.set(id, status)
    return [...seen.values()]
  }
  // Messages that were sent without an answer are retried first.
  const allAnswered = () => tried.every(id => accepted.some(one => one.id === id))
  await eventually(() => allAnswered() && statuses().at(-1) === (KILLS % 2 ? 'firing' : 'resolved'), { timeoutMs: 20_000 })
  last.kill('SIGKILL')
  await once(last, 'exit')
  hook.close()

  const ids = new Set(accepted.map(one => one.id))
  process.stdout.write(
    `${KILLS} kills: ${tried.length} tries, ${accepted.length} accepted, ${ids.size} different, ${accepted.length - ids.size} repeated\n`,
  )
  // Every beginning has its end and every end its beginning, each sent once by its ids.
  expect(statuses()).toEqual(statuses().map((_, i) => (i % 2 === 0 ? 'firing' : 'resolved')))
  expect(new Set(tried)).toEqual(ids)
})
