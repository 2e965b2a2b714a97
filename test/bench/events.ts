import type { TrackingPlan } from '@northstar/catalogue'
import type { EventLog, LogRecord } from '@northstar/event-log'
import { encodeRecord, encodeRows, hashKey, parseKey, partitionOf, planFingerprint, type Row } from '@northstar/events'
import { createRandom, type Random } from '../support/random.ts'

const USERS = 10_000
const SESSIONS_A_USER = 2
const PLATFORMS = ['macos', 'linux', 'windows']
const VERSIONS = ['0.1.0', '0.1.1', '0.2.0']
const CATEGORIES = ['file_management', 'network', 'devops', 'text', 'search', 'git']

type Properties = Readonly<Record<string, string | number | boolean>>

/** Events of the beta's users, in about their real shares. */
const KINDS: readonly (readonly [share: number, event: string, properties: (random: Random) => Properties])[] = [
  [36, 'command_generated', random => ({ category: random.pick(CATEGORIES) })],
  [
    20,
    'command_generation_latency',
    random => ({ duration_ms: 20 + random.below(3_000), query_complexity: random.pick(['simple', 'medium', 'complex']) }),
  ],
  [16, 'command_feedback', random => ({ success: random.next() < 0.8, category: random.pick(CATEGORIES) })],
  [12, 'memory_usage', random => ({ memory_kb: 20_000 + random.below(60_000) })],
  [8, 'feature_used', random => ({ feature: random.pick(['history', 'explain', 'undo', 'themes']) })],
  [4, 'downloads', random => ({ channel: random.pick(['website', 'github', 'reddit', 'twitter', 'other']) })],
  [2, 'command_generation_error', random => ({ error_type: random.pick(['timeout', 'parse_failure', 'llm_error', 'safety_blocked']) })],
  [1, 'satisfaction_survey', random => ({ rating: 1 + random.below(5) })],
  [1, 'crash', () => ({ stack_trace: 'panic: runtime error: index out of range\n  main.run(main.go:120)' })],
]

export interface MadeEvent {
  readonly event: string
  readonly user: number
  readonly session: number
  readonly properties: Properties
}

function pickKind(place: number) {
  let below = 0
  return KINDS.find(([share]) => {
    below += share
    return place < below
  })
}

/** One event of a random user. */
export function makeEvent(random: Random): MadeEvent {
  const [, event, properties] = pickKind(random.below(100)) ?? []
  const user = random.below(USERS)
  return {
    event: event ?? '',
    user,
    session: user * SESSIONS_A_USER + random.below(SESSIONS_A_USER),
    properties: { ...properties?.(random), platform: PLATFORMS[user % 3] ?? '', version: VERSIONS[user % VERSIONS.length] ?? '' },
  }
}

/** How fast the events of a prepared log happened. */
const EVENTS_A_SECOND = 50_000
const RECORD_EVENTS = 100
const DUPLICATES = 0.01

/**
 * Fills a log with so many events of the last seconds or minutes, in records of a hundred; one in a hundred repeats an earlier one. Returns the
 * bytes of their values and headers.
 */
export async function fillLog(log: EventLog, events: number, plan: TrackingPlan, perSecond = EVENTS_A_SECOND): Promise<number> {
  const fingerprint = planFingerprint(plan)
  const encode = (rows: readonly Row[]) => encodeRecord(encodeRows(plan.columns, rows), fingerprint)
  const random = createRandom(1)
  const startedAt = Date.now() - (events / perSecond) * 1_000
  const open = Array.from({ length: log.partitions }, (): Row[] => [])
  const recent: Row[] = []
  let full: LogRecord[] = []
  let bytes = 0
  const append = async (records: readonly LogRecord[]) => {
    for (const record of records) bytes += sizeOf(record)
    await log.append(records)
  }
  for (let i = 0; i < events; i++) {
    const row =
      random.next() < DUPLICATES && recent.length > 0
        ? random.pick(recent)
        : newRow(random, i, startedAt + Math.floor((i / perSecond) * 1_000))
    recent[i % 10_000] = row
    const partition = partitionOf(parseKey(row.user_id) ?? hashKey(row.user_id), hashKey(row.id), log.partitions)
    const rows = open[partition] ?? []
    if (rows.push(row) === RECORD_EVENTS) {
      full.push({ partition, ...encode(rows) })
      open[partition] = []
    }
    if (full.length === 64) {
      await append(full)
      full = []
    }
  }
  await append([...full, ...open.flatMap((rows, partition) => (rows.length > 0 ? [{ partition, ...encode(rows) }] : []))])
  return bytes
}

function sizeOf({ value, headers }: LogRecord): number {
  return Object.entries(headers).reduce((sum, [name, bytes]) => sum + name.length + bytes.byteLength, value.byteLength)
}

function newRow(random: Random, i: number, time: number): Row {
  const { event, user, session, properties } = makeEvent(random)
  return {
    event,
    id: `bench-${String(i).padStart(30, '0')}`,
    timestamp: time - random.below(2_000),
    received_at: time,
    user_id: pseudonym(user),
    session_id: pseudonym(session + 1_000_000),
    ...properties,
  }
}

/** Sixteen hex digits that look like a keyed hash. */
function pseudonym(number: number): string {
  const half = (seed: number) => (Math.imul(number ^ seed, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
  return half(0x5bd1e995) + half(0x27d4eb2f)
}
