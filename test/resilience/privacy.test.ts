import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PERSONAL_STRINGS } from '../../packages/events/src/personal-strings.test-data.ts'
import { caughtUp } from '../support/caught-up.ts'
import { startDistributed } from '../support/installation.ts'
import { allRows, personalIn, sendTexts } from '../support/personal-data.ts'
import { allServers } from '../support/servers.ts'
import { withStores } from '../support/stores.ts'

const servers = allServers()

describe.skipIf(!servers)('over real servers', () => {
  test(`none of ${PERSONAL_STRINGS.length} personal strings, in every field, encoding and dialect, is in files of Kafka, Redis or ClickHouse or in logs`, async () => {
    if (!servers) throw new Error('there are no servers')
    const output: string[] = []
    const installation = await startDistributed({ ...servers, env: { LOG_LEVEL: 'trace' }, onOutput: text => output.push(text) })
    try {
      const statuses = await sendTexts(installation.ingest, true)
      expect(Object.keys(statuses).filter(status => Number(status) >= 500)).toEqual([])
      await caughtUp(installation)
      expect(personalIn(Buffer.from(output.join('')))).toEqual([])
      await withStores(installation.env, installation.product.catalogue, async ({ warehouse }) => {
        for (const [name, rows] of Object.entries(await allRows(warehouse))) expect(personalIn(Buffer.from(rows)), name).toEqual([])
      })
      // The servers of a run lie in folders of their own, next to the processes' data.
      for (const entry of await readdir(tmpdir(), { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name)
        if (!entry.isFile() || !/northstar-(?:run|data|kafka|redis|clickhouse)/.test(path)) continue
        expect(personalIn(await readFile(path).catch(() => Buffer.alloc(0))), path).toEqual([])
      }
    } finally {
      await installation.remove()
    }
  }, 900_000)
})
