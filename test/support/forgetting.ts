import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPseudonyms, createUserSet, encodeRecord, encodeRows, keyText, type Row } from '@northstar/events'
import { eventually } from '@northstar/testkit'
import { expect } from 'vitest'
import { caughtUp } from './caught-up.ts'
import type { Installation } from './installation.ts'
import { type NativeEvent, post } from './load.ts'
import { withStores } from './stores.ts'

export interface Receipt {
  readonly pseudonym: string
  readonly events: number
  readonly counters: number
  readonly dead_letters: number
  readonly remaining: number
  readonly log_kept_until: string | null
}

const BATCH = 1_000

export const EVENTS_OF_USER = 3

/** The kinds of which each user sends one, in addition to a command and feedback, with properties by the user's number. */
const FURTHER: readonly (readonly [event: string, properties: (user: number) => NativeEvent['properties']])[] = [
  ['downloads', () => ({ channel: 'github' })],
  ['command_generation_latency', user => ({ duration_ms: 20 + (user % 900), query_complexity: 'simple' })],
  ['satisfaction_survey', user => ({ rating: 1 + (user % 5) })],
  ['crash', user => ({ stack_trace: `main > parse > ${versionOf(user)}` })],
  ['memory_usage', user => ({ memory_kb: 10_000 + (user % 5_000) })],
  ['command_generation_error', () => ({ error_type: 'timeout' })],
  ['feature_used', () => ({ feature: 'history' })],
]

/** The events of a user, with a version that no other user has, so that each user can be searched for by bytes. */
export function eventsOfUser(user: number): NativeEvent[] {
  const common = {
    timestamp: new Date(Date.now() - (user % 1_000) * 10).toISOString(),
    user_id: userId(user),
    session_id: `${userId(user)}-s`,
  }
  const properties = { platform: user % 3 === 0 ? 'macos' : 'linux', version: versionOf(user) }
  const [event, further] = FURTHER[user % FURTHER.length] as (typeof FURTHER)[number]
  return [
    { ...common, event: 'command_generated', id: `c-${user}`, properties: { ...properties, category: 'devops' } },
    { ...common, event: 'command_feedback', id: `f-${user}`, properties: { ...properties, category: 'devops', success: user % 3 !== 0 } },
    { ...common, event, id: `x-${user}`, properties: { ...properties, ...further(user) } },
  ]
}

export const userId = (user: number) => `user-to-know-${user}`
/** Random letters: they do not compress, and contain no digits that a search for numbers would find. */
function versionOf(user: number): string {
  const digits = [...createHash('sha256').update(`${user}`).digest('hex').slice(0, 20)]
  return `1.0.${digits.map(digit => 'ghijklmnopqrstuv'[Number.parseInt(digit, 16)]).join('')}`
}

/**
 * Puts records into the log that no group can read, each with an event of one of these users and one of somebody else: they become dead
 * letters. An embedded log is open in one process at a time, so that the installation is stopped meanwhile.
 */
async function appendDeadLetters(installation: Installation, users: number): Promise<void> {
  const { env, product } = installation
  const pseudonyms = createPseudonyms(Buffer.from(env.NORTHSTAR_SECRET ?? ''))
  const at = Date.now()
  const column = { name: 'rating', type: 'string', lowCardinality: false } as const
  const rowOf = (user: number): Row => {
    const ids = { user_id: keyText(pseudonyms.user(userId(user))), session_id: keyText(pseudonyms.session(userId(user))) }
    return { event: 'satisfaction_survey', id: `dead-${user}`, timestamp: at, received_at: at, ...ids, rating: versionOf(user) }
  }
  const records = Array.from({ length: users }, (_, user) => ({
    partition: 0,
    ...encodeRecord(encodeRows([column], [rowOf(user), rowOf(user + 1_000_000)])),
  }))
  if (installation.mode === 'embedded') await installation.stop()
  await withStores(env, product.catalogue, ({ log }) => log.append(records))
  if (installation.mode === 'embedded') await installation.start()
  await caughtUp(installation)
}

/** Sends events in batches, and again where the log is unavailable. Every one must be accepted. */
export async function sendAll(url: string, events: readonly NativeEvent[]): Promise<void> {
  for (let at = 0; at < events.length; at += BATCH) {
    const { status, body } = await eventually(
      async () => {
        const answer = await post(url, JSON.stringify(events.slice(at, at + BATCH)))
        return answer.status !== 503 && answer.status !== 0 && answer
      },
      { timeoutMs: 120_000 },
    )
    const { accepted } = (body ?? {}) as { accepted?: number }
    if (status !== 202 || accepted !== Math.min(BATCH, events.length - at))
      throw new Error(`not accepted: ${status} ${JSON.stringify(body)}`)
  }
}

export interface Outcome {
  readonly receipts: readonly Receipt[]
  /** Metrics as each store answers them, and as counted from the events of the remaining users. */
  readonly figures: Readonly<Record<string, Figure>>
  readonly verification: {
    readonly ok: boolean
    readonly differences: readonly unknown[]
    readonly accepted: number
    readonly dead_lettered: number
    readonly forgotten: number
  }
  /** Events of the users who were not forgotten. */
  readonly left: readonly NativeEvent[]
}

export interface Figure {
  readonly warehouse: number | null
  readonly live: number | null
  readonly expected: number
}

/** Sends events of many users, makes dead letters of some, forgets some while others go on, and counts the remaining traces. */
export async function forgetUnderLoad(installation: Installation, users: number, forgotten: number, dead: number): Promise<Outcome> {
  const own = Array.from({ length: users }, (_, user) => eventsOfUser(user))
  const took = stopwatch()
  await sendAll(installation.ingest, own.flat())
  took(`sent the events of ${users} users`)
  await appendDeadLetters(installation, dead)
  const others: NativeEvent[] = []
  let loading = true
  const load = (async () => {
    for (let user = users; loading; user++) {
      const events = eventsOfUser(user)
      await sendAll(installation.ingest, events)
      others.push(...events)
    }
  })()
  load.catch(() => {})
  const ids = Array.from({ length: forgotten }, (_, user) => userId(user)).join('\n')
  took(`made ${dead} dead letters`)
  const { code, stdout, stderr } = await installation.command(['forget', '-', '--json'], ids)
  took(`forgot ${forgotten} users, while ${others.length} events arrived`)
  loading = false
  await load
  if (code !== 0) throw new Error(`forget ended with ${code}: ${stderr}`)
  const receipts = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Receipt)
  await caughtUp(installation)
  const left = [...own.slice(forgotten).flat(), ...others]
  const figures = await figuresOf(installation, expectedFigures(left))
  const { body } = await installation.get('/v1/verify')
  return { receipts, figures, verification: body as Outcome['verification'], left }
}

/** Prints how long each part took. */
function stopwatch(): (what: string) => void {
  let begun = performance.now()
  return what => {
    process.stderr.write(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s\n`)
    begun = performance.now()
  }
}

function expectedFigures(events: readonly NativeEvent[]): Readonly<Record<string, number>> {
  const of = (kind: string) => events.filter(({ event }) => event === kind)
  const usersOf = (some: readonly NativeEvent[]) => new Set(some.map(({ user_id }) => user_id)).size
  const share = (some: readonly NativeEvent[], holds: (properties: NativeEvent['properties']) => boolean) =>
    some.filter(({ properties }) => holds(properties)).length / some.length
  const commands = of('command_generated')
  return {
    commands: commands.length,
    downloads: of('downloads').length,
    active_weekly_users: usersOf(commands),
    commands_per_user: commands.length / usersOf(commands),
    success_rate: share(of('command_feedback'), ({ success }) => success === true),
    csat: share(of('satisfaction_survey'), ({ rating }) => Number(rating) >= 4),
    error_rate: of('command_generation_error').length / commands.length,
    feature_adoption: usersOf(of('feature_used')) / usersOf(commands),
    crash_rate: of('crash').length / new Set(events.map(({ session_id }) => session_id)).size,
  }
}

async function figuresOf(installation: Installation, expected: Readonly<Record<string, number>>): Promise<Record<string, Figure>> {
  // On full minutes, which the live counters have.
  const minute = Math.floor(Date.now() / 60_000)
  const [from = '', to = ''] = [minute - 60, minute + 2].map(time => encodeURIComponent(new Date(time * 60_000).toISOString()))
  const pointOf = async (metric: string, source: string) => {
    const { body } = await installation.get(`/v1/metrics/${metric}?period=total&source=${source}&from=${from}&to=${to}`)
    return (body as { points?: { value: number | null }[] }).points?.[0]?.value ?? null
  }
  const figures: Record<string, Figure> = {}
  for (const [metric, value] of Object.entries(expected))
    figures[metric] = { warehouse: await pointOf(metric, 'warehouse'), live: await pointOf(metric, 'live'), expected: value }
  return figures
}

/** Expects that receipts, ledger and metrics agree with the events that were sent. */
export function expectForgotten({ receipts, figures, verification }: Outcome, forgotten: number, dead: number): void {
  expect(receipts).toHaveLength(forgotten)
  for (const [user, receipt] of receipts.entries()) {
    const counts = { events: EVENTS_OF_USER, counters: EVENTS_OF_USER, dead_letters: user < dead ? 1 : 0, remaining: 0 }
    expect(receipt).toMatchObject(counts)
  }
  for (const [metric, { warehouse, live, expected }] of Object.entries(figures)) {
    expect(warehouse, metric).toBeCloseTo(expected, 12)
    // A live number of users is an estimate, with a standard error of 0.81%.
    if (live !== null) expect(Math.abs(live / expected - 1), `${metric}, live`).toBeLessThan(0.05)
  }
  expect(verification).toMatchObject({ ok: true, differences: [], forgotten: EVENTS_OF_USER * forgotten + dead, dead_lettered: dead })
}

const CHUNK = 16 * 1024 * 1024
const OVERLAP = 64
const TEXTS = /user-to-know-(\d+)-s|1\.0\.[g-v]{20}|[0-9a-f]{16}/g

/**
 * Traces of the first users in a folder's files: session ids, versions and pseudonyms, as text and as in a block. A text that compression
 * has split is not found.
 */
export async function tracesIn(folder: string, receipts: readonly Receipt[]): Promise<readonly string[]> {
  const pseudonyms = new Set(receipts.map(({ pseudonym }) => pseudonym))
  const keys = createUserSet(pseudonyms)
  const versions = new Set(receipts.map((_, user) => versionOf(user)))
  const isTheirs = ([text, session]: RegExpMatchArray) =>
    pseudonyms.has(text) || versions.has(text) || (session !== undefined && Number(session) < receipts.length)
  const found = new Set<string>()
  for (const entry of await filesOf(folder)) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path).catch(() => Buffer.alloc(0))
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const chunk = bytes.subarray(at, at + CHUNK + OVERLAP)
      if (keys.occursIn(chunk)) found.add(`a key in ${path}`)
      for (const match of chunk.toString('latin1').matchAll(TEXTS)) if (isTheirs(match)) found.add(`${match[0]} in ${path}`)
    }
  }
  return [...found]
}

/** Merges remove folders while they are listed. */
const filesOf = (folder: string) =>
  eventually(() => readdir(folder, { recursive: true, withFileTypes: true }), { what: 'a listing of the files' })
