import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@northstar/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startDistributed, startEmbedded } from '../support/installation.ts'
import { post } from '../support/load.ts'
import { allServers } from '../support/servers.ts'

const servers = allServers()
/** Processes look for another plan every 5 s, and ingest waits for 20 s more. */
const EVERYWHERE_MS = 60_000

let installation: Installation | undefined
afterEach(() => installation?.remove())

const EVENT = `
  walked:
    description: Somebody walked.
    user: optional
    properties:
      distance: { type: integer, title: Distance walked, min: 0 }
`

/** Adds an event to the plan's file, reloads it, and shows that every process knows it. */
async function expectReloadedEverywhere(of: Installation): Promise<void> {
  const { product, services } = of
  const urls = (role: string) => services.filter(service => [role, 'up'].includes(service.role)).map(({ url }) => url)
  const send = (url: string, id: string) => post(url, JSON.stringify({ event: 'walked', id, properties: { distance: 3 } }))
  for (const url of urls('ingest')) expect((await send(url, 'early')).status).toBe(422)

  const file = join(product.folder, 'tracking-plan.yaml')
  const view = `${product.database}_views.walked`
  await writeFile(file, (await readFile(file, 'utf8')) + EVENT.replace('user:', `view: ${view}\n    user:`))
  const { code, stderr, stdout } = await of.command(['plan', 'reload'])
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('walked.distance')

  const everywhere = { timeoutMs: EVERYWHERE_MS, everyMs: 500 }
  for (const [i, url] of urls('ingest').entries())
    expect(await eventually(async () => (await send(url, `walk-${i}`)).status === 202, everywhere)).toBe(true)
  await caughtUp(of)
  for (const url of urls('api')) {
    const get = async (path: string) => (await of.get(path, url)).body as Answer
    await eventually(async () => (await get('/v1/metrics')).titles?.properties.distance === 'Distance walked', everywhere)
    expect((await get('/v1/sql/schema')).tables?.map(({ name }) => name)).toContain(view)
    expect((await get('/v1/plan/unknown')).events?.map(({ event }) => event)).not.toContain('walked')
    expect(await get('/v1/verify')).toMatchObject({ ok: true, differences: [] })
  }
  const stored = await of.command(['sql', `SELECT sum(distance) AS walked FROM ${view}`, '--json'])
  expect(stored.stdout, stored.stderr).toContain(String(3 * urls('ingest').length))
}

interface Answer {
  readonly titles?: { readonly properties: Readonly<Record<string, string>> }
  readonly tables?: readonly { readonly name: string }[]
  readonly events?: readonly { readonly event: string }[]
}

test('embedded: a reloaded plan is used at once, and after a restart', async () => {
  installation = await startEmbedded()
  await expectReloadedEverywhere(installation)
  await installation.stop()
  await installation.start()
  expect((await post(installation.ingest, JSON.stringify({ event: 'walked', distance: 4 }))).status).toBe(202)
}, 120_000)

describe.skipIf(!servers)('over real servers', () => {
  test('two ingests and two APIs use a reloaded plan', async () => {
    if (!servers) throw new Error('there are no servers')
    const roles = ['ingest', 'ingest', 'counters', 'warehouse', 'api', 'api']
    installation = await startDistributed({ ...servers, roles })
    await expectReloadedEverywhere(installation)
  }, 240_000)
})
