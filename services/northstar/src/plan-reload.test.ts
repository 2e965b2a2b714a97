import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadProduct } from '@northstar/catalogue'
import { createLogger } from '@northstar/runtime'
import { openEmbeddedState } from '@northstar/state/embedded'
import { eventually, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCurrentPlan, openPlans, reloadRoute } from './plan-reload.ts'

const PRODUCT = 'name: demo\ntitle: Demo\ntimezone: Europe/Prague\nlaunch: 2026-01-15\n'
const plan = (more = '') => `events:\n  run:\n    description: The program ran.\n    properties:\n      size: { type: integer }\n${more}`
const WALK = '  walk:\n    description: The program walked.\n'

let folder: TempFolder
let state: ReturnType<typeof openEmbeddedState>
let migrated: string[]

beforeEach(async () => {
  folder = await tempFolder('plan-reload')
  state = openEmbeddedState({ path: join(folder.path, 'state') })
  writeFileSync(join(folder.path, 'product.yaml'), PRODUCT)
  write(plan())
  migrated = []
})
afterEach(async () => {
  await state.close()
  await folder.remove()
})

const write = (text: string) => writeFileSync(join(folder.path, 'tracking-plan.yaml'), text)
const load = () => loadProduct(folder.path, {}).catalogue

/** A process over the shared state. */
async function start(isWhole: boolean) {
  const plans = await openPlans({ folder: folder.path, plan: load().plan, state })
  const logger = createLogger('silent', 'test')
  const migrate = async ({ events }: { events: ReadonlyMap<string, unknown> }) => {
    // New columns are there before anything uses the plan.
    expect(plans.read.plan.events.size).toBeLessThan(events.size)
    migrated.push([...events.keys()].join())
  }
  const current = createCurrentPlan({ state, folder: folder.path, plans, isWhole, load, migrate, now: Date.now, logger, ingestDelayMs: 50 })
  return { current, plans }
}

test('a reload migrates the warehouse, and then consumers and ingest use the new plan', async () => {
  const { current, plans } = await start(true)
  write(plan(WALK))
  expect(await reloadRoute(current)()).toEqual({ events: 2, properties: 1, added: ['walk'] })
  expect(migrated).toEqual(['run,walk'])
  expect([plans.read.plan.events.has('walk'), plans.ingest.plan.events.has('walk')]).toEqual([true, true])
})

test('another process notices it, its ingest later than its consumers', async () => {
  const [api, other] = [await start(false), await start(false)]
  write(plan(WALK))
  await api.current.reload()
  await other.current.refresh()
  expect([other.plans.read.plan.events.has('walk'), other.plans.ingest.plan.events.has('walk')]).toEqual([true, false])
  await eventually(() => other.plans.ingest.plan.events.has('walk'))
})

test('a process that starts with the former folder uses the reloaded plan; one with a newer folder its own', async () => {
  const { current } = await start(false)
  write(plan(WALK))
  await current.reload()
  write(plan())
  expect((await start(false)).plans.read.plan.events.has('walk')).toBe(true)
  write(plan('  swim:\n    description: The program swam.\n'))
  expect([...(await start(false)).plans.read.plan.events.keys()]).toEqual(['run', 'swim'])
})

test('a newer folder goes before what was reloaded, also where it takes something back', async () => {
  const { current } = await start(false)
  write(plan(WALK))
  await current.reload()
  write('events:\n  run:\n    description: The program ran.\n    retention: 60d\n')
  const restarted = await start(false)
  await restarted.current.refresh()
  expect([...restarted.plans.read.plan.events.values()]).toEqual([expect.objectContaining({ name: 'run', retentionDays: 60 })])
  // Later reloads reach it.
  const other = await start(false)
  write(`events:\n  run:\n    description: The program ran.\n    retention: 90d\n${WALK}`)
  await other.current.reload()
  await restarted.current.refresh()
  expect(restarted.plans.read.plan.events.get('run')?.retentionDays).toBe(90)
})

test.each([
  [
    'an incompatible plan',
    'events:\n  run:\n    description: The program ran.\n',
    'incompatible_plan',
    /run\.size: the property was removed/,
  ],
  ['a file with mistakes', plan('  walk:\n    descripton: x\n'), 'catalogue_invalid', /tracking-plan\.yaml:\d/],
])('%s is refused with the reason, and nothing changes', async (_, text, code, detail) => {
  const { current, plans } = await start(true)
  write(text)
  await expect(reloadRoute(current)()).rejects.toMatchObject({ problem: { status: 409, code, detail: expect.stringMatching(detail) } })
  expect([[...plans.read.plan.events.keys()], migrated, await state.get('plan/current')]).toEqual([['run'], [], null])
})
