import { eventually, startReceiver } from '@northstar/testkit'
import { describe, expect, test } from 'vitest'
import { ADMIN_TOKEN, type Installation, startDistributed, startEmbedded } from '../support/installation.ts'
import { createEvents, post } from '../support/load.ts'
import type { Env } from '../support/northstar.ts'
import { createRandom, SEED } from '../support/random.ts'
import { allServers } from '../support/servers.ts'

const READERS = 8
const QUESTIONS_EACH = 4
/** Live streams of one identity. */
const STREAMS = 50
const TIMEOUT_MS = 300_000
const ROLES = ['ingest', 'counters', 'warehouse', 'alerts', 'reports', 'api']

async function createReader(installation: Installation, name: string): Promise<string> {
  const answer = await fetch(`${installation.query}/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'read', name }),
  })
  expect(answer.status).toBe(201)
  return ((await answer.json()) as { key: string }).key
}

/** Asks for thousands of hours of distinct users, again and again, in every slot that each reader may have. */
function flood(installation: Installation, keys: readonly string[]) {
  const stop = new AbortController()
  const statuses: number[] = []
  let waiting = 0
  const from = new Date(Date.now() - 600 * 86_400_000).toISOString()
  const question = `${installation.query}/v1/metrics/active_weekly_users?period=hour&from=${from}&source=warehouse`
  const work = keys.flatMap(key =>
    Array.from({ length: QUESTIONS_EACH }, async () => {
      while (!stop.signal.aborted) {
        waiting++
        try {
          const answer = await fetch(question, { headers: { authorization: `Bearer ${key}` }, signal: stop.signal })
          await answer.arrayBuffer()
          statuses.push(answer.status)
        } catch (error) {
          if (!stop.signal.aborted) throw error
        } finally {
          waiting--
        }
      }
    }),
  )
  return {
    statuses,
    waiting: () => waiting,
    async end() {
      stop.abort()
      await Promise.all(work)
    },
  }
}

async function alertUnderReaders(start: (env: Env) => Promise<Installation>): Promise<void> {
  const receiver = await startReceiver()
  const installation = await start({ NORTHSTAR_ALERT_WEBHOOK_URL: `${receiver.url}/hook` })
  const streams = new AbortController()
  let reading: ReturnType<typeof flood> | undefined
  try {
    const next = createEvents('readers', createRandom(SEED))
    expect((await post(installation.ingest, JSON.stringify(Array.from({ length: 500 }, next)))).status).toBe(202)
    const keys = await Promise.all(Array.from({ length: READERS }, (_, i) => createReader(installation, `reader ${i}`)))
    // A response that nothing refers to is collected, which closes its stream.
    const opened: Response[] = []
    const open = async (key = '') => {
      const answer = await fetch(`${installation.query}/v1/live`, { headers: { authorization: `Bearer ${key}` }, signal: streams.signal })
      opened.push(answer)
      return answer
    }
    for (let i = 0; i < STREAMS; i++) expect((await open(keys[0])).status).toBe(200)
    expect((await open(keys[0])).status).toBe(429)
    expect((await open(keys[1])).status).toBe(200)

    reading = flood(installation, keys)
    await eventually(() => reading?.waiting() === READERS * QUESTIONS_EACH)
    // Its value is read from the warehouse, as the questions of the readers.
    const bug = { event: 'github_issue', properties: { number: 1, action: 'opened', priority: 'P0' } }
    expect((await post(installation.ingest, JSON.stringify(bug))).status).toBe(202)
    await eventually(() => receiver.requests.some(({ body }) => body.includes('p0_bugs_open')), { timeoutMs: 60_000 })
    expect(reading.waiting()).toBe(READERS * QUESTIONS_EACH)
    expect(reading.statuses.filter(status => status >= 500)).toEqual([])
    expect(opened).toHaveLength(STREAMS + 2)
  } finally {
    streams.abort()
    await reading?.end()
    await installation.remove()
    await receiver.stop()
  }
}

describe('rules are evaluated and alerts arrive while readers take every read slot and live stream they may have', () => {
  test('embedded', () => alertUnderReaders(env => startEmbedded({ env })), TIMEOUT_MS)

  const servers = allServers()
  test.skipIf(!servers)(
    'distributed',
    () =>
      alertUnderReaders(env => startDistributed({ ...(servers ?? { brokers: '', redisUrl: '', clickhouseUrl: '' }), roles: ROLES, env })),
    TIMEOUT_MS,
  )
})
