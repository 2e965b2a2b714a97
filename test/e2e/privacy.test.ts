import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PERSONAL_STRINGS } from '../../packages/events/src/personal-strings.test-data.ts'
import { caughtUp } from '../support/caught-up.ts'
import { startEmbedded } from '../support/installation.ts'
import { allRows, personalIn, sendTexts, TEXTS } from '../support/personal-data.ts'
import { withStores } from '../support/stores.ts'

test(`none of ${PERSONAL_STRINGS.length} personal strings is stored or logged, in whichever field and encoding each dialect brought it`, async () => {
  const output: string[] = []
  const installation = await startEmbedded({ env: { LOG_LEVEL: 'trace' }, onOutput: text => output.push(text) })
  try {
    const statuses = await sendTexts(installation.ingest, false)
    expect(Object.keys(statuses).filter(status => Number(status) >= 500)).toEqual([])
    await caughtUp(installation)
    const counted = (await installation.get('/v1/verify')).body as { accepted: number }
    // Only events whose texts are scrubbed or hashed are accepted.
    expect(counted.accepted).toBeGreaterThan(TEXTS.length * 3)
    await installation.stop()
    expect(personalIn(Buffer.from(output.join('')))).toEqual([])

    const folder = installation.env.NORTHSTAR_DATA_DIR ?? ''
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      expect(personalIn(await readFile(path)), path).toEqual([])
    }
    await withStores(installation.env, installation.product.catalogue, async ({ warehouse }) => {
      const tables = Object.entries(await allRows(warehouse))
      expect(tables.map(([name]) => name)).toContain('events')
      for (const [name, rows] of tables) expect(personalIn(Buffer.from(rows)), name).toEqual([])
    })
  } finally {
    await installation.remove()
  }
}, 400_000)
