import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createUserSet } from '@northstar/events'
import { eventually } from '@northstar/testkit'
import { caughtUp } from './caught-up.ts'
import type { Installation } from './installation.ts'
import { type NativeEvent, post } from './load.ts'

export interface Receipt {
  readonly pseudonym: string
  readonly events: number
  readonly counters: number
  readonly dead_letters: number
  readonly remaining: number
}

const BATCH = 1_000

/** Two events a user, with a version that no other user has, so that each user can be searched for by bytes. */
export function eventsOfUser(user: number): NativeEvent[] {
  const common = {
    timestamp: new Date(Date.now() - (user % 1_000) * 10).toISOString(),
    user_id: userId(user),
    session_id: `${userId(user)}-s`,
  }
  const properties = { platform: 'linux', version: versionOf(user) }
  return [
    { ...common, event: 'command_generated', id: `c-${user}`, properties: { ...properties, category: 'devops' } },
    { ...common, event: 'command_feedback', id: `f-${user}`, properties: { ...properties, category: 'devops', success: user % 3 !== 0 } },
  ]
}

export const userId = (user: number) => `user-to-know-${user}`
const versionOf = (user: number) => `1.0.${user}-only-of-this-user`

/** Sends events in batches. Every one must be accepted. */
export async function sendAll(url: string, events: readonly NativeEvent[]): Promise<void> {
  for (let at = 0; at < events.length; at += BATCH) {
    const { status, body } = await post(url, JSON.stringify(events.slice(at, at + BATCH)))
    const { accepted } = (body ?? {}) as { accepted?: number }
    if (status !== 202 || accepted !== Math.min(BATCH, events.length - at))
      throw new Error(`not accepted: ${status} ${JSON.stringify(body)}`)
  }
}

export interface Outcome {
  readonly receipts: readonly Receipt[]
  /** Metrics as each store answers them and as they are by a count over the events of all other users. */
  readonly figures: Readonly<Record<string, { readonly warehouse: number | null; readonly expected: number }>>
  readonly verification: {
    readonly ok: boolean
    readonly differences: readonly unknown[]
    readonly accepted: number
    readonly forgotten: number
  }
}

/** Sends events of many users, forgets some while others go on, and counts what is left. */
export async function forgetUnderLoad(installation: Installation, users: number, forgotten: number): Promise<Outcome> {
  const own = Array.from({ length: users }, (_, user) => eventsOfUser(user))
  await sendAll(installation.ingest, own.flat())
  const others: NativeEvent[] = []
  let loading = true
  const load = (async () => {
    for (let user = users; loading; user++) {
      const events = eventsOfUser(user)
      await sendAll(installation.ingest, events)
      others.push(...events)
    }
  })()
  const ids = Array.from({ length: forgotten }, (_, user) => userId(user)).join('\n')
  const { code, stdout, stderr } = await installation.command(['forget', '-', '--json'], ids)
  loading = false
  await load
  if (code !== 0) throw new Error(`forget ended with ${code}: ${stderr}`)
  const receipts = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Receipt)
  await caughtUp(installation)

  const left = [...own.slice(forgotten).flat(), ...others]
  const commands = left.filter(({ event }) => event === 'command_generated')
  const feedback = left.filter(({ event }) => event === 'command_feedback')
  const expected: Record<string, number> = {
    commands: commands.length,
    active_weekly_users: new Set(commands.map(({ user_id }) => user_id)).size,
    success_rate: feedback.filter(({ properties }) => properties.success === true).length / feedback.length,
  }
  const span = `from=${encodeURIComponent(new Date(Date.now() - 3_600_000).toISOString())}&to=${encodeURIComponent(new Date(Date.now() + 60_000).toISOString())}`
  const figures: Record<string, { warehouse: number | null; expected: number }> = {}
  for (const [metric, value] of Object.entries(expected)) {
    const { body } = await installation.get(`/v1/metrics/${metric}?period=total&source=warehouse&${span}`)
    figures[metric] = { warehouse: (body as { points: { value: number | null }[] }).points[0]?.value ?? null, expected: value }
  }
  const { body } = await installation.get('/v1/verify')
  return { receipts, figures, verification: body as Outcome['verification'] }
}

const CHUNK = 16 * 1024 * 1024
const OVERLAP = 64
const TEXTS = /user-to-know-(\d+)-s|1\.0\.(\d+)-only-of-this-user|[0-9a-f]{16}/g

/**
 * What lies in a folder's files of the first users: their session ids, versions and pseudonyms, as text and as a block has them. A text that
 * was cut by compression is not found, nor is one that lies across two blocks of it.
 */
export async function tracesIn(folder: string, receipts: readonly Receipt[]): Promise<readonly string[]> {
  const pseudonyms = new Set(receipts.map(({ pseudonym }) => pseudonym))
  const keys = createUserSet(pseudonyms)
  const isTheirs = ([text, session, version]: RegExpMatchArray) =>
    pseudonyms.has(text) || (session !== undefined && Number(session) < receipts.length) || Number(version) < receipts.length
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
