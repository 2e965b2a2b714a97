import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually, tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startEmbedded } from '../support/installation.ts'
import { createEvents, type NativeEvent, post } from '../support/load.ts'
import { createRandom, SEED } from '../support/random.ts'
import { expectNothingLost } from './expectations.ts'
import { fillDisk, mountSmall, unmount, whyUnmountable } from './small-disk.ts'

const SIZE_MIB = 400

const unmountable = await whyUnmountable()
if (unmountable !== null) process.stderr.write(`NOT RUN, since no small file system can be mounted here: a full disk (${unmountable})\n`)

test.skipIf(unmountable !== null)(
  'a full disk, embedded: 503 with a reason, reads go on, recovery by itself, nothing lost',
  async () => {
    const root = await tempFolder('full-disk')
    const disk = join(root.path, 'disk')
    await mkdir(disk)
    mountSmall(disk, SIZE_MIB)
    let installation: Installation | undefined
    try {
      installation = await startEmbedded({ env: { NORTHSTAR_DATA_DIR: join(disk, 'data') } })
      const { ingest } = installation
      const next = createEvents('full', createRandom(SEED))
      const accepted: NativeEvent[] = []
      const send = async () => {
        const events = Array.from({ length: 50 }, next)
        const answer = await post(ingest, JSON.stringify(events))
        if (answer.status === 202) accepted.push(...events)
        return answer
      }
      for (let i = 0; i < 20; i++) expect((await send()).status).toBe(202)

      const filler = join(disk, 'filler')
      await fillDisk(disk, filler)
      const refused = await eventually(async () => {
        const answer = await send()
        return answer.status === 503 && answer
      })
      expect(refused.body).toMatchObject({ status: 503, detail: expect.stringContaining('disk') })
      const ready = await installation.get('/readyz')
      expect(ready.status).toBe(503)
      expect(JSON.stringify(ready.body)).toContain('are kept in reserve')
      // Long enough for every store to have met the full disk.
      for (let i = 0; i < 20; i++) {
        await send()
        expect((await installation.get('/v1/lag')).status).toBe(200)
        await new Promise(resolve => setTimeout(resolve, 500))
      }

      await rm(filler)
      const roomAt = Date.now()
      await eventually(async () => (await send()).status === 202, { timeoutMs: 60_000 })
      await caughtUp(installation)
      await eventually(async () => (await installation?.get('/readyz'))?.status === 200, { timeoutMs: 60_000 })
      process.stdout.write(`a full disk: recovered ${Math.round((Date.now() - roomAt) / 1000)} s after there was room\n`)
      // A process that is to end ends, also while the disk is full.
      await fillDisk(disk, filler)
      const exits = await installation.stop()
      expect(exits.map(({ code }) => code)).toEqual([0])
      await rm(filler)
      await expectNothingLost('a full disk, embedded', installation, accepted)
    } finally {
      await installation?.remove()
      unmount(disk)
      await root.remove()
    }
  },
  240_000,
)
