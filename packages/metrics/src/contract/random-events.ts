import type { Row } from '@northstar/events'

/** mulberry32: numbers in [0, 1), the same for the same seed. */
export function random(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A text like a keyed hash: 16 uniformly distributed hex digits. */
export const hash = (n: number) => ((BigInt(n + 1) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn).toString(16).padStart(16, '0')

/**
 * Random events of a product's users between two times: many users, gaps, missing properties, unknown sessions, sessions whose user is
 * sometimes unknown, issues with only their closing, events out of order and some days late. A quarter of the time in the middle has no events:
 * of eight weeks a whole week, and whole days in any zone.
 */
export function randomEvents(seed: number, from: number, to: number, users: number): Row[] {
  const r = random(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(r() * list.length)] as T
  const rows: Row[] = []
  const hour = 3_600_000
  const quiet = { from: from + 0.4 * (to - from), to: from + 0.65 * (to - from) }
  const add = (event: string, at: number, user: string, session: string, properties: Record<string, Row[string] | undefined>) => {
    const timestamp = Math.floor(at)
    if (timestamp < from || timestamp >= to || (timestamp >= quiet.from && timestamp < quiet.to)) return
    const late = r() < 0.03 ? 3 * 24 * hour : 5_000
    const given = Object.fromEntries(Object.entries(properties).filter((entry): entry is [string, Row[string]] => entry[1] !== undefined))
    rows.push({
      event,
      id: `e${seed}-${rows.length}`,
      timestamp,
      received_at: Math.min(timestamp + Math.floor(r() * late), to),
      user_id: session !== '' && r() < 0.03 ? '' : user,
      session_id: session,
      ...given,
    })
  }
  const maybe = <T>(value: T, chance = 0.8) => (r() < chance ? value : undefined)
  for (let u = 0; u < users; u++) {
    const user = hash(u)
    const platform = pick(['macos', 'linux'])
    const version = pick(['1.0.0', '1.1.0-beta'])
    const start = from + r() * (to - from)
    if (r() < 0.9)
      add('downloads', start, user, hash(1e6 + u), {
        platform: maybe(platform),
        channel: maybe(pick(['website', 'github', 'reddit'])),
        version,
      })
    if (r() < 0.1) add('downloads', start + r() * 200 * hour, user, hash(1e6 + u), { platform, channel: 'other' })
    let at = start + (r() < 0.1 ? -3 : r() < 0.7 ? r() * 24 : r() * 60) * hour
    for (let day = 0; at < to && r() > 0.05; day++, at += 24 * hour * (0.2 + r() * 9)) {
      const session = r() < 0.95 ? hash(2e6 + u * 1_000 + day) : ''
      const commands = Math.floor(r() ** 3 * 30)
      for (let c = 0; c < commands; c++) {
        const time = at + r() * 20 * hour
        add('command_generated', time, user, session, { category: pick(['files', 'network', 'devops']), platform: maybe(platform) })
        const scale = pick([
          ['simple', 40],
          ['medium', 300],
          ['complex', 900],
        ] as const)
        add('command_generation_latency', time, user, session, {
          query_complexity: scale[0],
          duration_ms: Math.round(scale[1] * (0.4 + r() ** 4 * 5) * 100) / 100,
        })
        if (r() < 0.3) add('command_feedback', time, user, session, { success: r() < 0.8, category: maybe(pick(['files', 'network'])) })
        if (r() < 0.15)
          add('command_generation_error', time, user, session, {
            error_type: pick(['timeout', 'parse_failure', 'llm_error', 'safety_blocked']),
            platform,
          })
        if (r() < 0.1) add('feature_used', time, user, session, { feature: pick(['telemetry_export', 'shell_integration']) })
      }
      add('memory_usage', at, user, session, { memory_kb: 20_000 + Math.floor(r() * 40_000) })
      if (r() < 0.1)
        add('crash', at, user, session, { platform, version: maybe(version), stack_trace: `main > step${u % 7}<T${u}> (a.rs:${day})` })
      if (r() < 0.1) add('satisfaction_survey', at, user, session, { rating: 1 + Math.floor(r() * 5) })
    }
  }
  for (let number = 1; number <= users / 4; number++) {
    const opened = from + (r() * 1.1 - 0.1) * (to - from)
    const priority = maybe(pick(['P0', 'P1', 'P2', 'P3']), 0.7)
    add('github_issue', opened, '', '', { number, action: 'opened', priority })
    if (priority === undefined || r() < 0.2)
      add('github_issue', opened + r() * 600 * hour, '', '', { number, action: 'labeled', priority: pick(['P0', 'P1', 'P2', 'P3']) })
    let at = opened
    while (r() < 0.6) {
      at += (1 + r() * 300) * hour
      add('github_issue', at, '', '', { number, action: 'closed' })
      if (r() < 0.8) break
      at += (1 + r() * 100) * hour
      add('github_issue', at, '', '', { number, action: 'opened' })
    }
  }
  for (let at = from + 10 * hour; at < to; at += r() * 90 * hour) {
    for (const event of ['github_stars', 'discord_members', 'github_contributors', 'binary_size'])
      add(event, at + r() * hour, '', '', { value: Math.floor(r() * 2_000) })
    for (const category of ['overall', 'core', 'safety'])
      if (r() < 0.5) add('test_coverage', at + r() * hour, '', '', { category, value: Math.round(r() * 100) / 100 })
  }
  for (let at = from; at < to; at += 20 * hour) add('collector_run', at, '', '', { collector: pick(['github', 'discord']) })
  for (let at = from; at < to; at += 30 * hour)
    add('package_downloads', at, '', '', { source: pick(['github', 'npm', 'crates']), count: Math.floor(r() * 500) })
  // Events do not arrive in order of time.
  return rows
    .map(row => [r(), row] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, row]) => row)
}
