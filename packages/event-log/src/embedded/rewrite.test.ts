import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from '@northstar/testkit'
import { afterAll, expect, test } from 'vitest'
import { record, scanTexts } from '../contract/records.ts'
import type { StoredRecord } from '../port.ts'
import { openEmbeddedLog } from './index.ts'

const root = await tempFolder('rewritten-log')
afterAll(() => root.remove())

const SECRET = 'to-be-forgotten'
const config = { folder: root.path, topic: 'northstar.rewritten.events', partitions: 2 }

const textOf = ({ value }: StoredRecord) => Buffer.from(value).toString()
const withoutSecret = (stored: StoredRecord) =>
  textOf(stored).includes(SECRET) ? { headers: stored.headers, value: Buffer.from('erased') } : null

async function bytesOfFolder(folder: string): Promise<Buffer> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile())
  return Buffer.concat(await Promise.all(files.map(file => readFile(join(file.parentPath, file.name)))))
}

test('a log that is rewritten under appends has every record at its offset, and no byte of the replaced records', async () => {
  const log = await openEmbeddedLog(config)
  for (let i = 0; i < 500; i++) await log.append([record(i % 7 === 0 ? `${SECRET} ${i}` : `kept ${i} ${'x'.repeat(i * 5)}`)])
  const incarnation = await log.incarnation()
  expect((await bytesOfFolder(root.path)).includes(SECRET)).toBe(true)

  let appended = 500
  let done = false
  const appending = (async () => {
    while (!done) await log.append([record(`kept ${appended++}`)])
  })()
  await log.rewrite?.(withoutSecret)
  done = true
  await appending
  await expectErased()
  await log.close()

  const reopened = await openEmbeddedLog(config)
  expect(await reopened.incarnation()).toBe(incarnation)
  await expectErased(reopened)
  await reopened.append([record('after')])
  expect((await scanTexts(reopened)).at(-1)).toBe('after')
  await reopened.close()

  async function expectErased(of = log) {
    const texts = await scanTexts(of)
    expect(texts).toHaveLength(appended)
    texts.forEach((text, i) => {
      expect(text.split(' x')[0]).toBe(i < 500 && i % 7 === 0 ? 'erased' : `kept ${i}`)
    })
    expect((await bytesOfFolder(root.path)).includes(SECRET)).toBe(false)
  }
})

test('commits survive it, and a reader at the end continues', async () => {
  const log = await openEmbeddedLog({ ...config, topic: 'northstar.read.events' })
  await log.append([record(SECRET), record('second')])
  const seen: string[] = []
  const consumer = await log.consume({
    group: 'g',
    async run(claim) {
      const reader = claim.read(0)
      while (!claim.signal.aborted) {
        for (const stored of await reader.next()) {
          seen.push(textOf(stored))
          await claim.commit({ offset: stored.offset + 1, metadata: 'm' })
        }
      }
    },
  })
  await expect.poll(() => seen).toEqual([SECRET, 'second'])
  await log.rewrite?.(withoutSecret)
  await log.append([record('third')])
  await expect.poll(() => seen.at(-1)).toBe('third')
  await consumer.stop()
  expect((await log.commits('g')).get(0)).toEqual({ offset: 3, metadata: 'm' })
  expect(await scanTexts(log)).toEqual(['erased', 'second', 'third'])
  await log.close()
})
