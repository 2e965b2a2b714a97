import type { Column } from '@northstar/catalogue'
import type { Row } from '@northstar/events'

/** Seeded random numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** 16 random hex digits. */
export function pseudonym(random: () => number): string {
  const part = () => Math.floor(random() * 2 ** 32)
  return `${part().toString(16).padStart(8, '0')}${part().toString(16).padStart(8, '0')}`
}

const MEMBERS = ['macos', 'linux', 'windows', '', 'a=b', '#1=x', 'line\nbreak\u0000nul', 'naïve 🎈', '"quoted\\"', '__proto__']

/** Mostly decimals; some far smaller or larger than the others. */
function durationOf(random: () => number): number {
  const chance = random()
  return chance < 0.05 ? 0.0004 : chance < 0.1 ? 1e13 + random() : Math.round(10 ** (random() * 5) * 1_000) / 1_000
}

/** The properties of {@link randomRows}. */
export const COLUMNS: readonly Column[] = [
  { name: 'duration_ms', type: 'number', lowCardinality: false },
  { name: 'platform', type: 'string', lowCardinality: true },
  { name: 'success', type: 'boolean', lowCardinality: false },
]

/** Rows of three kinds that arrived within the last minutes, most of them fresh, some as old as `oldestMs`. */
export function randomRows(count: number, now: number, oldestMs: number, seed: number): Row[] {
  const random = seeded(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  // The user of a session is unknown in some of its events, so it may be in two partitions.
  const people = Array.from({ length: 1 + Math.floor(count / 3) }, () => ({
    user_id: random() < 0.05 ? '' : pseudonym(random),
    sessions: ['', pseudonym(random), pseudonym(random)],
  }))
  return Array.from({ length: count }, (_, i) => {
    const received_at = now - Math.floor(random() * 120_000)
    const age = random() < 0.6 ? random() * 60_000 : random() ** 3 * oldestMs
    const { user_id, sessions } = pick(people)
    const row: Row = {
      event: pick(['commands', 'latency', 'crash']),
      id: `${i}`,
      timestamp: Math.floor(received_at - age),
      received_at,
      user_id: random() < 0.2 ? '' : user_id,
      session_id: pick(sessions),
    }
    if (random() < 0.9) row.platform = pick(MEMBERS)
    if (random() < 0.9) row.success = random() < 0.8
    if (row.event === 'latency' && random() < 0.95) row.duration_ms = durationOf(random)
    return row
  })
}
