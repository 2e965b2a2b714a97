import type { EventLog } from '@northstar/event-log'
import { openEmbeddedLog } from '@northstar/event-log/embedded'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { resume } from './resume.ts'

let folder: TempFolder
let log: EventLog
let now: number

beforeEach(async () => {
  now = 1_700_000_000_000
  folder = await tempFolder('resume')
  log = await openEmbeddedLog({ folder: folder.path, topic: 'resume', retentionMs: 60_000 }, { now: () => now })
  await append(4)
})

afterEach(async () => {
  await log.close()
  await folder.remove()
})

async function append(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await log.append([{ partition: 0, value: Buffer.from('x'), headers: {} }])
    now += 1_000
  }
}

const at = async (offset: number) => ({ log: await log.incarnation(), offset, lastAt: 1_700_000_000_000 + (offset - 1) * 1_000 })

test('a group goes on where it was, or begins at the oldest record', async () => {
  expect(await resume(log, 0, null)).toMatchObject({ position: { offset: 0, lastAt: 0 }, end: 4, finding: null })
  expect(await resume(log, 0, await at(3))).toEqual({ position: await at(3), end: 4, finding: null })
})

test('a position past the end, or of another record, goes on at the first record that is newer', async () => {
  const processed = { ...(await at(9)), lastAt: (await at(3)).lastAt }
  expect(await resume(log, 0, processed)).toMatchObject({ position: { offset: 3 }, finding: { kind: 'log_cut', from: 9, to: 3 } })
  const other = { ...(await at(4)), lastAt: (await at(2)).lastAt }
  const { position, finding } = await resume(log, 0, other)
  expect([position.offset, finding?.kind]).toEqual([2, 'log_cut'])
  expect(await resume(log, 0, position)).toMatchObject({ position, finding: null })
})

test('a position of another log begins at the oldest record', async () => {
  const finding = { kind: 'log_replaced', from: 3, to: 0 }
  expect(await resume(log, 0, { ...(await at(3)), log: 'another' })).toMatchObject({ position: { offset: 0, lastAt: 0 }, finding })
})

test('what retention deleted before it was processed is a finding, and so is the missing end of an announced range', async () => {
  expect(await resume(log, 0, await at(3), 6)).toMatchObject({ position: { offset: 3 }, finding: { kind: 'log_cut', from: 6, to: 4 } })
  now += 100_000
  await append(1)
  const finding = { kind: 'records_deleted', from: 2, to: 4 }
  expect(await resume(log, 0, await at(2))).toMatchObject({ position: { offset: 4 }, finding })
})
