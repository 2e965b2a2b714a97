import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '@northstar/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import type { EventLog } from '../port.ts'
import { describeAppending } from './appending.ts'
import { describeGroups } from './groups.ts'
import { describeHandlers } from './handlers.ts'
import { describeReading } from './reading.ts'
import { collect, type Logs, record, textOf } from './records.ts'

export interface LogUnderTest {
  /** Opens a new log. */
  open(partitions: number, drainTimeoutMs?: number): Promise<EventLog>
  /** Closes the log and opens it again as another process would. */
  reopen(log: EventLog): Promise<EventLog>
}

/** The tests that every adapter of the event log must pass. */
export function eventLogContract(name: string, make: () => LogUnderTest): void {
  describe(`event log: ${name}`, () => {
    const opened: EventLog[] = []
    const under = make()
    async function open(partitions = 1, drainTimeoutMs?: number): Promise<EventLog> {
      const log = await under.open(partitions, drainTimeoutMs)
      opened.push(log)
      return log
    }
    async function reopen(log: EventLog): Promise<EventLog> {
      opened.splice(opened.indexOf(log), 1)
      const again = await under.reopen(log)
      opened.push(again)
      return again
    }
    const logs: Logs = { open, reopen }
    afterEach(async () => {
      await Promise.all(opened.splice(0).map(log => log.close()))
    })

    describeAppending(logs)
    describeGroups(logs)
    describeHandlers(logs)
    describeReading(logs)

    test('scan starts at a time, or at an offset', async () => {
      const log = await open()
      await log.append([record('a')])
      await log.append([record('b')])
      const before = await collect(log)
      const last = before.at(-1)?.appendedAt ?? 0
      await eventually(() => Date.now() > last + 1)
      await log.append([record('c')])
      await log.append([record('d')])
      const later: string[] = []
      for await (const stored of log.scan(0, { time: last + 1 })) later.push(textOf(stored))
      expect(later).toEqual(['c', 'd'])
      const all: string[] = []
      for await (const stored of log.scan(0, { time: before[0]?.appendedAt ?? 0 })) all.push(textOf(stored))
      expect(all).toEqual(['a', 'b', 'c', 'd'])
      const none: string[] = []
      for await (const stored of log.scan(0, { time: Date.now() + 3_600_000 })) none.push(textOf(stored))
      expect(none).toEqual([])
      const part: string[] = []
      for await (const stored of log.scan(0, { offset: 3 })) part.push(textOf(stored))
      expect(part).toEqual(['d'])
    })

    test('scan ends for a reader that is slower than the log', async () => {
      const log = await open()
      const texts = Array.from({ length: 24 }, (_, i) => String(i).padEnd(256 * 1024, '.'))
      for (const text of texts) await log.append([record(text)])
      const read: string[] = []
      for await (const stored of log.scan(0, { offset: 0 })) {
        read.push(textOf(stored))
        await sleep(20)
      }
      expect(read).toEqual(texts)
    })

    test('keeps its incarnation when it is opened again, and shares it with no other log', async () => {
      const log = await open()
      const incarnation = await log.incarnation()
      expect(incarnation).toMatch(/^[A-Za-z0-9_-]{1,32}$/)
      const other = await open()
      expect(await other.incarnation()).not.toBe(incarnation)
      expect(await (await reopen(log)).incarnation()).toBe(incarnation)
    })

    test('is healthy while it can be used', async () => {
      const log = await open()
      expect((await log.health()).healthy).toBe(true)
    })
  })
}
