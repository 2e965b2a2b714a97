import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Column } from '@northstar/catalogue'
import { BlockWriter, columnValues, type Key, NATIVE_TYPES, NO_KEY, readBlock, type Scalar } from '@northstar/events'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseRows } from '../json-rows.ts'
import { literal } from '../statements.ts'
import { type InProcessEngine, openEngine } from './engine.ts'

const COLUMNS: readonly Column[] = [
  { name: 'amount', type: 'number', lowCardinality: false },
  { name: 'note', type: 'string', lowCardinality: false },
  { name: 'ok', type: 'boolean', lowCardinality: false },
  { name: 'platform', type: 'string', lowCardinality: true },
  { name: 'size', type: 'integer', lowCardinality: false },
]
/** The range of ClickHouse's DateTime64(3). */
const EARLIEST = -2_208_988_800_000
const LATEST = 10_413_791_999_999

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const absent = { nil: null, freq: 3 }
const event = fc.record({
  event: fc.constantFrom<string>('sale', '', "it's", 'naïve 🎈'),
  timestamp: fc.integer({ min: EARLIEST, max: LATEST }),
  receivedAt: fc.constantFrom(EARLIEST, -1, 0, 2 ** 32, LATEST),
  user: fc.record({ high: word, low: word }),
  session: fc.record({ high: word, low: word }),
  amount: fc.option(fc.oneof(fc.double(), fc.constantFrom(-0, 5e-324, 1.7976931348623157e308, Number.NaN)), absent),
  note: fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '\u0000', '\u{10ffff}\uffff', 'x'.repeat(300))), absent),
  ok: fc.option(fc.boolean(), absent),
  platform: fc.option(fc.oneof(fc.string({ unit: 'binary', maxLength: 5 }), fc.constantFrom('', 'linux', '\u0000')), absent),
  size: fc.option(fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -1, 2 ** 32, -(2 ** 53) + 1)), absent),
})
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never

let folder: TempFolder
let engine: InProcessEngine
beforeAll(async () => {
  folder = await tempFolder('native-block')
  engine = await openEngine(folder.path, { memoryBytes: 512 * 1024 ** 2 })
  const { kind, time, key, ...types } = NATIVE_TYPES
  const { dictionary, text, integer, number, boolean } = types
  const columns = `event ${kind}, timestamp ${time}, received_at ${time}, user_key ${key}, session_key ${key},
    amount ${number}, note ${text}, ok ${boolean}, platform ${dictionary}, size ${integer}`
  await engine.run([`CREATE TABLE default.rows (${columns}) ENGINE = MergeTree ORDER BY tuple()`])
})
afterAll(async () => {
  await engine?.close('default')
  await folder?.remove()
})

function blockOf(writer: BlockWriter, events: readonly Event[]): Buffer {
  for (const one of events) {
    writer.begin(one.event, one.timestamp, one.receivedAt, one.user, one.session, NO_KEY)
    COLUMNS.forEach(({ name }, index) => {
      const value = one[name as keyof Event]
      if (value !== null) writer.set(index, value as Scalar)
    })
  }
  return writer.take().value
}

const textOf = ({ high, low }: Key) => ((BigInt(high) << 32n) | BigInt(low)).toString()

test('ClickHouse reads our blocks as the same rows, and we read its blocks as the same rows', async () => {
  const writer = new BlockWriter(COLUMNS)
  const path = join(folder.path, 'rows.native')
  const file = `FROM INFILE ${literal(path)} COMPRESSION 'none' FORMAT Native`
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 400 }), async events => {
      await writeFile(path, blockOf(writer, events))
      await engine.run(['TRUNCATE TABLE default.rows', `INSERT INTO default.rows ${file}`])

      const order = 'SELECT * FROM default.rows'
      const json = await engine.run([
        `SELECT event, toUnixTimestamp64Milli(timestamp) AS timestamp, toUnixTimestamp64Milli(received_at) AS receivedAt,
          toString(user_key) AS user, toString(session_key) AS session, reinterpretAsUInt64(ifNull(amount, 0)) AS bits, isNull(amount) AS none,
          base64Encode(note) AS note, ok, base64Encode(platform) AS platform, size FROM default.rows
         SETTINGS output_format_json_quote_64bit_integers = 0 FORMAT JSONEachRow`,
      ])
      const rows = parseRows<Record<string, unknown>>(Buffer.from(json).toString())
      expect(rows.map(row => ({ ...row, bits: String(row.bits) }))).toEqual(
        events.map(one => ({
          event: one.event,
          timestamp: one.timestamp,
          receivedAt: one.receivedAt,
          user: textOf(one.user),
          session: textOf(one.session),
          bits: new BigUint64Array(Float64Array.of(one.amount ?? 0).buffer)[0]?.toString(),
          none: one.amount === null ? 1 : 0,
          note: one.note === null ? null : Buffer.from(one.note).toString('base64'),
          ok: one.ok,
          platform: one.platform === null ? null : Buffer.from(one.platform).toString('base64'),
          size: one.size,
        })),
      )

      const back = readBlock(await engine.run([`${order} SETTINGS max_threads = 1`], 'Native'))
      if (typeof back === 'string') throw new Error(back)
      expect(back.rows).toBe(events.length)
      for (const name of ['event', 'timestamp', ...COLUMNS.map(column => column.name)] as const) {
        const column = back.columns.get(name)
        expect(column && columnValues(column, back.rows), name).toEqual(events.map(one => one[name as keyof Event]))
      }
    }),
    { numRuns: 60 },
  )
})

test('dictionaries whose indexes need more than one byte and more than two bytes', async () => {
  const writer = new BlockWriter(COLUMNS)
  const path = join(folder.path, 'dictionary.native')
  const none = { event: 'sale', timestamp: 0, receivedAt: 0, user: NO_KEY, session: NO_KEY }
  for (const count of [255, 256, 70_000]) {
    const events = Array.from({ length: count }, (_, i) => ({ ...none, amount: null, note: null, ok: null, platform: `v${i}`, size: i }))
    await writeFile(path, blockOf(writer, events))
    await engine.run([
      'TRUNCATE TABLE default.rows',
      `INSERT INTO default.rows FROM INFILE ${literal(path)} COMPRESSION 'none' FORMAT Native`,
    ])
    const answer = await engine.run([`SELECT uniqExact(platform), countIf(platform = concat('v', toString(size))) FROM default.rows`])
    expect(Buffer.from(answer).toString()).toBe(`${count}\t${count}\n`)
  }
})
