import {
  type AlertRule,
  alertsFile,
  backtest,
  type FixtureEvent,
  NO_STATE,
  type Read,
  type RuleState,
  type Simulation,
  simulate,
} from '@northstar/alerting'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEvaluations } from './evaluations.ts'

const START = Date.parse('2026-01-20T12:00:00Z')
const MINUTE = 60_000
const MINUTES = 40
const PLATFORMS = ['linux', 'macos', 'windows']

/** Errors by commands, straight from a list of events. */
function readerOver(events: () => readonly FixtureEvent[]): Read {
  return ({ from, to, by }) => {
    const within = events().filter(event => event.timestamp >= from && event.timestamp < to)
    const point = (platform?: string) => {
      const of = (kind: string) =>
        within.filter(e => e.event === kind && (platform === undefined || e.properties.platform === platform)).length
      const commands = of('command')
      return { value: commands > 0 ? of('error') / commands : null, sample: commands, ...(platform && { by: { platform } }) }
    }
    return Promise.resolve({ points: by ? PLATFORMS.map(point) : [point()], source: 'live' })
  }
}

const durations = fc.integer({ min: 0, max: 5 }).map(n => `${n}m`)
const rules = fc
  .record({
    window: fc.integer({ min: 1, max: 6 }).map(n => `${n}m`),
    by: fc.constantFrom(undefined, 'platform'),
    condition: fc.constantFrom({ above: 0.5 }, { below: 0.3 }),
    for: durations,
    keep_firing_for: durations,
    min_sample: fc.integer({ min: 0, max: 3 }),
    no_data: fc.constantFrom('keep', 'ok', 'alerting', 'no_data'),
  })
  .map(given => alertsFile.parse({ groups: [{ name: 'g', rules: [{ alert: 'r', metric: 'm', severity: 'P0', action: '', ...given }] }] }))

const eventLists = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: MINUTES * 60 - 1 }),
    event: fc.constantFrom('command', 'error'),
    platform: fc.constantFrom(...PLATFORMS),
  }),
  { maxLength: 120 },
)

const simulationOf = (given: readonly AlertRule[]): Simulation => ({
  rules: given,
  metrics: new Map(),
  spanOf: () => ({ from: 0, to: 0 }),
  labels: { product: 'p' },
})

/** Evaluates as the service does: by a clock, with events as they arrive, each rule when it is due. */
async function live(given: readonly AlertRule[], events: readonly FixtureEvent[]): Promise<string[]> {
  let now = START
  let arrived: FixtureEvent[] = []
  const lines: string[] = []
  const failures: unknown[] = []
  const evaluations = createEvaluations({
    ...simulationOf(given),
    labels: { product: 'p' },
    metrics: new Map(),
    read: readerOver(() => arrived),
    latenessMs: () => 0,
    now: () => now,
    onFailure: (_, error) => failures.push(error),
    onObserved: () => {},
  })
  let before: RuleState = NO_STATE
  for (; now <= START + MINUTES * MINUTE; now += MINUTE) {
    arrived = events.filter(event => event.receivedAt <= now)
    evaluations.moved(null)
    evaluations.start()
    await new Promise(resolve => setImmediate(resolve))
    const document = evaluations.unsaved().get('r')
    if (!document) continue
    lines.push(...difference(before, document.state, now))
    before = document.state
  }
  expect(failures).toEqual([])
  return lines
}

/** What changed between two states, alert by alert. */
function difference(before: RuleState, after: RuleState, at: number): string[] {
  const keys = [...new Set([...Object.keys(before.members), ...Object.keys(after.members)])].sort()
  return keys.flatMap(key => {
    const from = before.members[key]?.phase ?? 'none'
    const to = after.members[key]?.phase ?? 'none'
    return from === to ? [] : [`${(at - START) / MINUTE} ${key} ${from} ${to}`]
  })
}

async function simulated(given: readonly AlertRule[], events: readonly FixtureEvent[], hindsight: boolean): Promise<string[]> {
  const lines: string[] = []
  let at = START
  let before: RuleState = NO_STATE
  const read = readerOver(() => (hindsight ? events : events.filter(event => event.receivedAt <= at)))
  const arrive = (now: number) => {
    at = now
    return Promise.resolve(true)
  }
  const span = { from: START, to: START + MINUTES * MINUTE, stepMs: MINUTE }
  for await (const step of simulate(simulationOf(given), span, read, arrive)) {
    const after = step.states.get('r') ?? NO_STATE
    lines.push(...difference(before, after, step.at))
    before = after
  }
  return lines
}

describe('live, test and backtest', () => {
  it('see the same transitions over the same events', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(rules, eventLists, async (given, list) => {
        const events = list.map(({ at, event, platform }, i): FixtureEvent => {
          const timestamp = START + at * 1_000
          return { id: `${i}`, event, timestamp, receivedAt: timestamp, userId: 'u', sessionId: 's', properties: { platform } }
        })
        const test = await simulated(given, events, false)
        expect(await live(given, events)).toEqual(test)
        expect(await simulated(given, events, true)).toEqual(test)
        const span = { from: START, to: START + MINUTES * MINUTE, stepMs: MINUTE }
        const past = await backtest(
          simulationOf(given),
          span,
          readerOver(() => events),
        )
        expect(past.rules[0]?.fired).toBe(test.filter(line => line.endsWith(' firing')).length)
      }),
      { numRuns: 150 },
    )
  })
})
