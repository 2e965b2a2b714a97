import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import { type Calendar, createCalendar } from '@northstar/catalogue'
import type { Row } from '@northstar/events'
import { type CountedKind, type Metric, metricKinds } from '@northstar/metrics'
import { eventually } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cohortTruth, TRUTHS, truthOf } from '../../packages/metrics/src/contract/brute-force.ts'
import { caughtUp } from '../support/caught-up.ts'
import { figuresLine, figuresOf } from '../support/figures.ts'
import type { Installation } from '../support/installation.ts'
import { createEvents, type NativeEvent, post, startLoad } from '../support/load.ts'
import { northstar } from '../support/northstar.ts'
import { copyProduct, type ProductCopy } from '../support/product-copy.ts'
import { createRandom, SEED } from '../support/random.ts'
import { withStores } from '../support/stores.ts'
import { describeCommandLine } from './command-line.ts'
import { appendDamage, UNFIT } from './damage.ts'
import { isLiveValue, observed, type Point } from './expected.ts'
import { type Delivery, deliver, disorder, rowOf, SENDER_ADDRESS } from './stream.ts'

const WEEKS = 4
const HOUR = 3_600_000
const MINUTE = 60_000
/** A sum, since the product has no metric of that kind. */
const MEAN_LATENCY = {
  title: 'Mean response time',
  description: 'The mean of the times that commands took.',
  unit: 'ms',
  kind: 'mean',
  events: 'command_generation_latency',
  of: 'duration_ms',
}

interface Answer {
  readonly source: string
  readonly points: readonly Point[]
}

interface Verification {
  readonly ok: boolean
  readonly accepted: number
  readonly stored: number
  readonly duplicates: number
  readonly rejected: number
  readonly dead_lettered: number
  readonly differences: readonly unknown[]
  readonly metrics: readonly { readonly metric: string; readonly live: number | null; readonly warehouse: number | null }[]
}

/** Tests of every mode, over the built product. */
export function describeProduct(mode: Installation['mode'], start: (product: ProductCopy) => Promise<Installation>): void {
  describe(`the product, ${mode}`, () => {
    let product: ProductCopy
    let installation: Installation
    let calendar: Calendar
    let events: NativeEvent[]
    let rows: readonly Row[]
    let delivery: Delivery
    /** The launch, the end of the four weeks, and the end of today's events. */
    let launch: number
    let over: number
    let today: { from: number; to: number }

    beforeAll(async () => {
      const printed = await northstar(['simulate', '--end-now', '--print', '--seed', String(SEED)])
      expect(printed.code, printed.stderr).toBe(0)
      const simulated = printed.stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as NativeEvent)
      const first = Math.min(...simulated.map(event => Date.parse(event.timestamp)))
      calendar = createCalendar({ timezone: 'America/New_York', launch: '2026-01-15' })
      product = await copyProduct({ launch: calendar.date(first), metrics: { mean_latency: MEAN_LATENCY } })
      calendar = createCalendar(product.catalogue.product)
      launch = calendar.startOf(product.catalogue.product.launch)
      over = calendar.spans('week', launch, launch + (WEEKS * 7 + 1) * 24 * HOUR)[WEEKS - 1]?.to ?? 0

      const random = createRandom(SEED)
      const now = Math.ceil(Date.now() / 10_000) * 10_000
      today = { from: now - 55 * MINUTE, to: now }
      const next = createEvents('today', random, 54 * MINUTE)
      events = [...simulated, ...Array.from({ length: 3_000 }, next)]
      rows = events.map(rowOf)
      installation = await start(product)
      delivery = await deliver(installation.ingest, disorder(events, random), random)
      await caughtUp(installation)
    }, 300_000)

    afterAll(() => installation?.remove())

    async function ask(metric: string, question: Readonly<Record<string, string>>): Promise<Answer> {
      const { status, body } = await installation.get(`/v1/metrics/${metric}?${new URLSearchParams(question)}`)
      expect(status, `${metric} ${JSON.stringify(question)}: ${JSON.stringify(body)}`).toBe(200)
      return body as Answer
    }

    const iso = (time: number) => new Date(time).toISOString()
    const byOf = (part: string): Record<string, string> =>
      part === '' || part.startsWith('segment=') ? {} : { by: part.split('=')[0] ?? '' }
    const pointOf = (points: readonly Point[], part: string, from: number) => {
      const [property = '', member] = part.split('=')
      return points.find(point => Date.parse(point.from) === from && (part === '' || String(point.by?.[property]) === member))
    }

    const counted = (metric: Metric) => metricKinds.get(metric.kind)?.source === 'counted'

    async function verify(): Promise<Verification> {
      const { code, stdout, stderr } = await installation.command(['verify', '--json'])
      expect(`${code} ${stderr}`, stdout).toBe('0 ')
      const account = JSON.parse(stdout) as Verification
      expect(account).toMatchObject({ ok: true, differences: [] })
      expect(account.accepted).toBe(account.stored + account.duplicates + account.dead_lettered)
      return account
    }

    test('a body in zstd is unpacked where Node has it, and refused with the remedy where it has not', async () => {
      const pack = (zlib as { zstdCompressSync?: (text: string) => Buffer<ArrayBuffer> }).zstdCompressSync
      const { status, body } = await post(installation.ingest, pack?.('[]') ?? '[]', { 'content-encoding': 'zstd' })
      const { detail } = body as { detail: string }
      // That the array is empty shows only once it is unpacked.
      if (pack) expect([status, detail]).toEqual([400, expect.stringMatching(/holds no event/i)])
      else expect([status, detail]).toEqual([415, expect.stringMatching(/Node 22\.15 or newer.*gzip/)])
    })

    describe('the four weeks, sent out of order, late and with repeats', () => {
      test('are accounted for', async () => {
        expect(await verify()).toMatchObject({
          accepted: delivery.accepted,
          rejected: delivery.rejected,
          stored: events.length,
          duplicates: delivery.accepted - events.length,
          dead_lettered: 0,
        })
        expect(delivery.accepted).toBeGreaterThan(events.length)
        expect(delivery.rejected).toBeGreaterThan(0)
      })

      test('both stores answer each live metric alike', async () => {
        const { metrics } = await verify()
        const wanted = [...product.catalogue.metrics.values()].filter(counted).map(({ name }) => name)
        expect(metrics.map(({ metric }) => metric)).toEqual(wanted)
        const commands = metrics.find(({ metric }) => metric === 'commands')
        expect(commands?.live).toBeGreaterThan(0)
        expect(commands?.live).toBe(commands?.warehouse)
      })

      test.each(Object.keys(TRUTHS))(
        '%s is what the warehouse says',
        async metric => {
          for (const part of Object.keys(TRUTHS[metric] ?? {})) {
            for (const period of ['week', 'day'] as const) {
              const spans = calendar.spans(period, launch, over)
              const answer = await ask(metric, { source: 'warehouse', period, from: iso(launch), to: iso(over), ...byOf(part) })
              for (const [i, span] of spans.entries()) {
                const before = spans[i - 1] ?? calendar.before(period, span)
                const want = truthOf(metric, part, rows, span, { before, calendar, now: over })
                const got = pointOf(answer.points, part, span.from)
                const where = `${metric} ${part} ${iso(span.from)}: ${JSON.stringify(got)} is not ${JSON.stringify(want)}`
                // A member that no event has is not in the answer.
                if (!got) expect([null, 0], where).toContain(want.value)
                else if (want.value === null) expect(got.value, where).toBeNull()
                else expect(Math.abs((got.value ?? Number.NaN) - want.value) <= Math.abs(want.value) * 1e-9 + 1e-9, where).toBe(true)
              }
            }
          }
        },
        120_000,
      )

      test('retention is answered by the warehouse', async () => {
        const answer = await ask('retention', { period: 'week', from: iso(launch), to: iso(over) })
        const points = answer.points as unknown as readonly { cohort: string; offset: number; value: number | null; sample: number }[]
        const want = cohortTruth(rows, calendar.spans('week', launch, over))
        expect(points.map(({ cohort, offset, value, sample }) => [cohort, offset, value, sample])).toEqual(
          want.map(({ cohort, offset, value, sample }) => [calendar.date(cohort), offset, value, sample]),
        )
      })

      const spansAsked = () =>
        [
          ['week', calendar.spans('week', launch, over)],
          ['total', [{ from: launch, to: over }]],
          ['total', [today]],
        ] as const

      test('the live counters answer every live metric correctly', async () => {
        const metrics = [...product.catalogue.metrics.values()].filter(counted).filter(({ name }) => TRUTHS[name])
        expect(metrics.length).toBeGreaterThan(10)
        for (const metric of metrics) {
          const kind = metricKinds.get(metric.kind) as CountedKind
          const parts = Object.keys(TRUTHS[metric.name] ?? {}).filter(
            part => !part.endsWith('=null') && (part === '' || metric.by.includes(part.split('=')[0] ?? '')),
          )
          for (const part of parts) {
            for (const [period, spans] of spansAsked()) {
              const [from, to] = [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 0]
              const answer = await ask(metric.name, { source: 'live', period, from: iso(from), to: iso(to), ...byOf(part) })
              expect(answer.source).toBe('live')
              for (const span of spans) {
                const want = truthOf(metric.name, part, rows, span, { before: calendar.before('week', span), calendar, now: over })
                const got = pointOf(answer.points, part, span.from)
                const where = `${metric.name} ${part} ${iso(span.from)}: ${JSON.stringify(got)} is not ${JSON.stringify(want)}`
                if (!got) expect([null, 0], where).toContain(want.value)
                else expect(isLiveValue(metric, kind, got, want, observed(metric, part, rows, span)), where).toBe(true)
              }
            }
          }
        }
      }, 120_000)

      test('both stores answer a sum correctly', async () => {
        for (const source of ['live', 'warehouse']) {
          for (const [period, spans] of spansAsked()) {
            const asked = { source, period, from: iso(spans[0]?.from ?? 0), to: iso(spans.at(-1)?.to ?? 0) }
            const answer = await ask('mean_latency', asked)
            for (const [i, span] of spans.entries()) {
              const times = rows
                .filter(row => row.event === 'command_generation_latency' && row.timestamp >= span.from && row.timestamp < span.to)
                .map(row => Number(row.duration_ms))
              const sum = times.reduce((a, b) => a + b, 0)
              const got = answer.points[i]
              expect(got?.sample).toBe(times.length)
              expect((got?.value ?? 0) * times.length, source).toBeCloseTo(sum, 3)
            }
          }
        }
      })

      test('a rebuild from the log gives the same counters', async () => {
        const metrics = [...product.catalogue.metrics.values()].filter(counted)
        const read = () =>
          Promise.all(
            metrics.flatMap(({ name, by }) =>
              spansAsked().flatMap(([period, spans]) =>
                ['', ...by].map(dimension =>
                  ask(name, {
                    source: 'live',
                    period,
                    from: iso(spans[0]?.from ?? 0),
                    to: iso(spans.at(-1)?.to ?? 0),
                    ...(dimension && { by: dimension }),
                  }),
                ),
              ),
            ),
          )
        const before = await read()
        const rebuilt = await installation.command(['rebuild', '--json'])
        expect(rebuilt.code, rebuilt.stderr).toBe(0)
        expect(JSON.parse(rebuilt.stdout).records).toBeGreaterThan(0)
        await caughtUp(installation)
        expect(await read()).toEqual(before)
        await verify()
      }, 120_000)
    })

    describeCommandLine(() => ({ installation, product, calendar, rows, launch, over, events, verify }))

    test('an unreadable record becomes a dead letter with its reason and bytes, and is in the ledger', async () => {
      const dead = await appendDamage(installation)
      await caughtUp(installation)
      // One record of unknown content, one row of a wrong type, one line that is no JSON, and what nobody has checked.
      const count = Object.keys(dead.letters).length
      expect(count).toBe(3 + UNFIT.length)
      await eventually(async () => (await verify()).dead_lettered === count, { timeoutMs: 60_000, everyMs: 200, what: 'the dead letters' })
      await installation.stop()
      await withStores(installation.env, product.catalogue, async ({ warehouse }) => {
        const letters = await warehouse.query<{ reason: string; bytes: string }>('SELECT reason, bytes FROM dead_letters')
        const found = new Map(letters.map(({ reason, bytes }) => [reason, Buffer.from(bytes, 'base64').toString('latin1')]))
        expect(Object.fromEntries(found)).toEqual(dead.letters)
      })
      events.push(...dead.good)
      await installation.start()
      await verify()
    }, 180_000)

    test('events that violate the plan are quarantined if their key says so, and are in the ledger', async () => {
      const { dead_lettered: before } = await verify()
      const made = await installation.command(['keys', 'create', 'loose', '--on-violation', 'quarantine'])
      const headers = { authorization: `Bearer ${made.stdout.trim()}`, 'content-type': 'application/json' }
      const body = JSON.stringify(['1', '2', '3'].map(id => ({ event: 'kept_aside', id, user_id: `aside-${id}`, steps: 7 })))
      const answer = await eventually(async () => {
        const response = await fetch(`${installation.ingest}/v1/events`, { method: 'POST', headers, body })
        return response.status === 202 && (await response.json())
      })
      expect(answer).toEqual({ accepted: 3, quarantined: 3, rejected: [] })
      await eventually(async () => (await verify()).dead_lettered === before + 3, {
        timeoutMs: 60_000,
        everyMs: 200,
        what: 'the quarantine',
      })
      const trial = await installation.command(['dead-letters', 'try', '--json'])
      expect(JSON.parse(trial.stdout).refused).toMatchObject({ 'unknown_event: kept_aside': 3 })
      await eventually(async () => (await installation.command(['plan', 'unknown'])).stdout.includes('kept_aside'), { everyMs: 500 })
    }, 120_000)

    test('SIGTERM under load drains in time; what was answered is kept, and nothing is counted twice', async () => {
      const load = startLoad({ url: installation.ingest, seed: SEED })
      await eventually(() => load.sent.length > 1_000)
      const exits = await installation.stop()
      expect(exits).toEqual(installation.services.map(() => ({ code: 0, signal: null })))
      await installation.start()
      const before = load.sent.length
      await eventually(() => load.sent.length > before + 500)
      await load.stop()
      events.push(...load.sent)
      await caughtUp(installation)
      await verify()
    }, 180_000)

    describe('at rest', () => {
      beforeAll(async () => {
        const output = installation.services.map(({ process }) => process.output).join('\n')
        expect(output).not.toContain(SENDER_ADDRESS)
        await installation.stop()
      }, 60_000)

      test('every row, rollup, live count and ledger agrees with the events that were sent', async () => {
        await withStores(installation.env, product.catalogue, async stores => {
          // Dead letters are known from the test above: the ledger has them in addition to the stored events.
          const figures = await figuresOf(stores, product.catalogue.plan, events)
          process.stdout.write(figuresLine(`e2e ${mode}`, SEED, events.length, figures))
          expect(figures).toEqual({ lost: 0, doubled: 0, partial: 0, details: [] })
          for (const kind of product.catalogue.plan.events.values()) {
            const [view] = await stores.warehouse.query<{ n: number }>(`SELECT uniqExact(id) AS n FROM ${kind.view}`)
            expect(Number(view?.n), kind.view).toBe(new Set(events.filter(({ event }) => event === kind.name).map(({ id }) => id)).size)
          }
        })
      }, 120_000)

      test('no user id, session id or address is anywhere', async () => {
        const raw = [...new Set(events.flatMap(event => [event.user_id ?? '', event.session_id ?? '']))].filter(id => id !== '')
        // Every raw id holds such a word, and nothing else does.
        const telling = [...Array.from({ length: 10 }, (_, digit) => `-user-${digit}`), SENDER_ADDRESS]
        expect(raw.every(id => telling.some(word => id.includes(word)))).toBe(true)

        const files = await readdir(installation.env.NORTHSTAR_DATA_DIR ?? '', { recursive: true, withFileTypes: true })
        for (const file of files.filter(entry => entry.isFile())) {
          const bytes = await readFile(join(file.parentPath, file.name))
          for (const word of telling) expect(bytes.includes(word), `${file.name} holds ${word}`).toBe(false)
        }
        await withStores(installation.env, product.catalogue, async ({ log, warehouse }) => {
          let records = 0
          for (let partition = 0; partition < log.partitions; partition++) {
            for await (const { value, headers } of log.scan(partition, { offset: 0 })) {
              records++
              const bytes = Buffer.concat([value, ...Object.values(headers)])
              for (const word of telling) expect(bytes.includes(word), word).toBe(false)
            }
          }
          expect(records).toBeGreaterThan(0)
          for (const table of ['events', 'user_first', 'dead_letters', 'ledger']) {
            const [found] = await warehouse.query<{ n: number; all: number }>(
              `SELECT countIf(multiSearchAny(toString(tuple(*)), {telling:Array(String)})) AS n, count() AS all FROM ${table}`,
              { params: { telling } },
            )
            expect(Number(found?.n), table).toBe(0)
            expect(Number(found?.all), table).toBeGreaterThan(0)
          }
        })
      }, 120_000)
    })
  })
}
