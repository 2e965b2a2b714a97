import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startEmbedded } from '../support/installation.ts'
import { createEvents, post } from '../support/load.ts'
import { northstar } from '../support/northstar.ts'
import { createRandom, SEED } from '../support/random.ts'

const BODIES = 120
const EVENTS_A_BODY = 100

interface Verification {
  readonly ok: boolean
  readonly stored: number
  readonly duplicates: number
  readonly differences: readonly unknown[]
}

describe('a backup made while events arrive', () => {
  let folder: TempFolder
  let installation: Installation
  let restored: Installation | undefined
  const next = createEvents('backup', createRandom(SEED))
  const bodies = Array.from({ length: BODIES }, () => JSON.stringify(Array.from({ length: EVENTS_A_BODY }, next)))
  const copy = () => join(folder.path, 'copy')

  beforeAll(async () => {
    folder = await tempFolder('backup')
    installation = await startEmbedded()
  })
  afterAll(async () => {
    await restored?.remove()
    await installation?.remove()
    await folder?.remove()
  })

  const verify = async (one: Installation) => {
    const { stdout } = await one.command(['verify', '--json', '--wait', '30'])
    return JSON.parse(stdout) as Verification
  }
  const send = async (one: Installation, some: readonly string[]) => {
    for (const body of some) expect((await post(one.ingest, body)).status).toBe(202)
  }

  test('is whole, is checked, and changes nothing for what runs', async () => {
    await send(installation, bodies.slice(0, BODIES / 3))
    const sending = send(installation, bodies.slice(BODIES / 3))
    const made = await installation.command(['backup', copy(), '--json'])
    expect(made.code, made.stderr).toBe(0)
    await sending
    const { rows, records } = JSON.parse(made.stdout) as { rows: number; records: number }
    expect(records).toBeGreaterThan(0)
    expect(rows).toBeLessThanOrEqual(BODIES * EVENTS_A_BODY)
    await caughtUp(installation)
    expect(await verify(installation)).toMatchObject({ ok: true, stored: BODIES * EVENTS_A_BODY, differences: [] })
  }, 180_000)

  test('is refused where something lies already, and where the request proves no access to the folder', async () => {
    const again = await installation.command(['backup', copy()])
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('is not empty')])
    const other = join(folder.path, 'other')
    await mkdir(other)
    const ask = (where: string) =>
      fetch(`${installation.query}/v1/backup`, {
        method: 'POST',
        headers: { authorization: `Bearer ${installation.env.NORTHSTAR_ADMIN_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ folder: where, proof: 'x'.repeat(43) }),
      })
    for (const where of [other, join(folder.path, 'absent'), 'relative', '/']) expect((await ask(where)).status, where).toBe(409)
    await writeFile(join(other, 'request'), 'y'.repeat(43))
    expect((await ask(other)).status).toBe(409)
    expect(await readdir(other)).toEqual(['request'])
  })

  test('is restored into an empty data folder, where all adds up, also when every client sends everything again', async () => {
    await installation.stop()
    const dataDir = join(folder.path, 'restored')
    const env = { ...installation.env, NORTHSTAR_DATA_DIR: dataDir }
    const back = await northstar(['restore', copy()], env)
    expect(back.code, back.stderr).toBe(0)
    const twice = await northstar(['restore', copy()], env)
    expect([twice.code, twice.stderr]).toEqual([1, expect.stringContaining('is not empty')])

    restored = await startEmbedded({ product: installation.product, env: { NORTHSTAR_DATA_DIR: dataDir } })
    await caughtUp(restored)
    expect(await verify(restored)).toMatchObject({ ok: true, differences: [] })
    await send(restored, bodies)
    await caughtUp(restored)
    const account = await verify(restored)
    expect(account).toMatchObject({ ok: true, stored: BODIES * EVENTS_A_BODY, differences: [] })
    expect(account.duplicates).toBeGreaterThan(0)
  }, 180_000)

  test('that was cut off is not restored', async () => {
    const half = join(folder.path, 'half')
    await mkdir(join(half, 'log'), { recursive: true })
    const { code, stderr } = await northstar(['restore', half], { ...installation.env, NORTHSTAR_DATA_DIR: join(folder.path, 'nothing') })
    expect([code, stderr]).toEqual([1, expect.stringContaining('is not a complete backup')])
  })
})
