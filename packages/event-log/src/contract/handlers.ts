import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { PartitionClaim } from '../port.ts'
import { createGate, ended, type Logs, record, withClaim } from './records.ts'

/** Tests of the consumer's reaction to each behaviour of a handler. */
export function describeHandlers({ open }: Logs): void {
  describe('a handler', () => {
    test('that throws fails the consumer', async () => {
      const log = await open()
      const consumer = await log.consume({
        group: 'g',
        async run() {
          throw new Error('broken')
        },
      })
      await expect(consumer.failed).rejects.toThrow('broken')
      expect(consumer.health().healthy).toBe(false)
      await consumer.stop()
    })

    test('that returns before its claim has ended fails the consumer', async () => {
      const log = await open()
      const consumer = await log.consume({ group: 'g', run: async () => {} })
      await expect(consumer.failed).rejects.toThrow('before its claim had ended')
      expect(consumer.health().healthy).toBe(false)
    })

    test('that does not return after its claim has ended fails the consumer, within bounds', async () => {
      const log = await open(1, 200)
      const started = createGate()
      const consumer = await log.consume({
        group: 'g',
        run: () => {
          started.open()
          return new Promise(() => {})
        },
      })
      await started.promise
      const failed = expect(consumer.failed).rejects.toThrow('did not return')
      await consumer.stop()
      await failed
    })

    test('finishes and commits its work before stop resolves', async () => {
      const log = await open()
      await log.append([record('a')])
      const working = createGate()
      const finish = createGate()
      let finished = false
      const consumer = await log.consume({
        group: 'g',
        async run(claim) {
          const reader = claim.read(0)
          await reader.next()
          working.open()
          await finish.promise
          expect(claim.signal.aborted).toBe(true)
          await claim.commit({ offset: 1, metadata: 'drained' })
          expect(await reader.next()).toEqual([])
          finished = true
        },
      })
      await working.promise
      const stopped = consumer.stop()
      finish.open()
      await stopped
      expect(finished).toBe(true)
      expect(await log.commits('g')).toEqual(new Map([[0, { offset: 1, metadata: 'drained' }]]))
      await consumer.stop()
      await consumer.failed
    })

    test('that waits for records gets [] when the consumer stops', async () => {
      const log = await open()
      const answer = createGate<number>()
      const waiting = createGate()
      const consumer = await log.consume({
        group: 'g',
        async run(claim) {
          const next = claim.read(0).next()
          waiting.open()
          answer.open((await next).length)
        },
      })
      await waiting.promise
      await consumer.stop()
      expect(await answer.promise).toBe(0)
    })

    test('that reads past the end of the log loses its claim, and the partition is claimed again', async () => {
      const log = await open()
      await log.append([record('a')])
      const errors: unknown[] = []
      const second = createGate<PartitionClaim>()
      const consumer = await log.consume({
        group: 'g',
        async run(claim) {
          if (errors.length > 0) {
            second.open(claim)
            return ended(claim)
          }
          await claim
            .read(5)
            .next()
            .catch((error: unknown) => {
              errors.push(error)
              throw error
            })
        },
      })
      expect((await second.promise).signal.aborted).toBe(false)
      expect(errors).toEqual([expect.objectContaining({ code: 'log_changed', partition: 0 })])
      await consumer.stop()
    })

    test('that is slow does not make the log fill the memory', async () => {
      const log = await open()
      const value = Buffer.alloc(100 * 1024, 'x')
      for (let round = 0; round < 4; round += 1) {
        await log.append(Array.from({ length: 100 }, () => ({ partition: 0, value: Buffer.from(value), headers: {} })))
      }
      const { result } = await withClaim(log, 'g', async claim => {
        const reader = claim.read(0)
        let most = 0
        await reader.next({ maxBytes: 1 })
        const start = buffersInUse()
        for (let index = 0; index < 50; index += 1) {
          const records = await reader.next({ maxBytes: 1 })
          expect(records.map(({ offset }) => offset)).toEqual([index + 1])
          await turn()
          if (index % 10 === 0) most = Math.max(most, buffersInUse() - start)
        }
        return most
      })
      // The log has 40 MB of records; at most a few fetches of 1 MiB may be in memory.
      expect(await result).toBeLessThan(12 * 1024 * 1024)
    })
  })
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function buffersInUse(): number {
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}
