import { openEventLog } from '@northstar/event-log/open'
import { encodeTally } from '@northstar/events'
import { createLogger } from '@northstar/runtime'
import { tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { refuseEarlierLog } from './record-version.ts'

test('a log with records of version 1 is refused, with what to do; an empty one and one of this version are not', async () => {
  const folder = await tempFolder('record-version')
  const log = await openEventLog(
    { product: 'test', folder: folder.path, partitions: 2 },
    { logger: createLogger('silent', 'test'), clientId: 'test' },
  )
  try {
    await refuseEarlierLog(log)
    await log.append([{ partition: 0, ...encodeTally({}) }])
    await refuseEarlierLog(log)
    await log.append([{ partition: 1, value: Buffer.from('{}\n'), headers: { v: Buffer.from('1'), n: Buffer.from('1') } }])
    await expect(refuseEarlierLog(log)).rejects.toMatchObject({
      code: 'earlier_log',
      message: expect.stringContaining('NORTHSTAR_DATA_DIR'),
    })
  } finally {
    await log.close()
    await folder.remove()
  }
})
