import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadProduct, parseYaml, type TrackingPlan } from '@northstar/catalogue'
import {
  compileValidator,
  createPseudonyms,
  EMPTY_TALLY,
  mergeTallies,
  type Rejection,
  tallyOf,
  type ViolationTally,
} from '@northstar/events'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { suggestPlan } from './suggest.ts'

const PRODUCT = 'name: demo\ntitle: Demo\ntimezone: Europe/Prague\nlaunch: 2026-01-15\n'
const PLAN = 'events:\n  run:\n    description: The program ran.\n    properties:\n      size: { type: number }\n'
const NOW = Date.parse('2026-02-01T12:00:00Z')

let folder: TempFolder
let plan: TrackingPlan

function load(yaml: string): TrackingPlan {
  writeFileSync(join(folder.path, 'tracking-plan.yaml'), yaml)
  return loadProduct(folder.path, {}).catalogue.plan
}

const parse = (yaml: string) => parseYaml('tracking-plan.yaml', yaml, z.unknown()).at([])
const rejection = (code: Rejection['code'], field: string): Rejection => ({ code, field, message: '' })
const check = (of: TrackingPlan, event: unknown) =>
  compileValidator(of, { pseudonyms: createPseudonyms(Buffer.alloc(32)), maxAgeMs: 1e12 }).check(event, { receivedAt: NOW, skew: 0 })

/** As ingest tallies them. */
function tally(...events: readonly object[]): ViolationTally {
  return events.reduce<ViolationTally>((sum, event) => {
    const violation = check(plan, event) ?? rejection('unknown_event', 'event')
    return mergeTallies(sum, tallyOf(event, violation, 'rejected', NOW, plan), NOW)
  }, EMPTY_TALLY)
}

beforeAll(async () => {
  folder = await tempFolder('suggest')
  mkdirSync(folder.path, { recursive: true })
  writeFileSync(join(folder.path, 'product.yaml'), PRODUCT)
  plan = load(PLAN)
})
afterAll(() => folder.remove())

const walks = Array.from({ length: 12 }, (_, i) => ({
  event: 'walk',
  user_id: 'a',
  pace: ['slow', 'fast', 'no'][i % 3],
  properties: { steps: i, height: i + 0.5, ok: true, note: 'x'.repeat(300) + i, ...(i > 6 && { rare: 1 }) },
}))

describe('a suggestion', () => {
  test('has no property for a missing or malformed field of the event itself', () => {
    const found = tally({ event: 'run' }, { event: 'run', user_id: 'a', timestamp: 'soon' }, { event: 'run', user_id: 'a', session_id: [] })
    expect(suggestPlan(found, plan, true)).toMatch(/^# No event or property/)
  })
  test('is a plan by which the same events are accepted', () => {
    const sent = [...walks, { event: 'run', user_id: 'a', properties: { size: 1, colour: 'red' } }, { event: 'idle', properties: {} }]
    const found = tally(...sent)
    const suggested = parse(suggestPlan(found, plan, true)) as { events: Record<string, { properties?: object }> }
    const known = parse(PLAN) as { events: Record<string, { properties: object }> }
    const { run, ...others } = suggested.events
    const merged = {
      events: { run: { ...known.events.run, properties: { ...known.events.run?.properties, ...run?.properties } }, ...others },
    }
    const next = load(JSON.stringify(merged))
    expect(sent.map(event => check(next, event))).toEqual(sent.map(() => null))
    expect(next.events.get('idle')?.user).toBe('optional')
    const properties = Object.fromEntries([...(next.events.get('walk')?.properties ?? [])])
    expect(properties).toMatchObject({
      steps: { type: 'integer', required: true },
      height: { type: 'number', required: true },
      ok: { type: 'boolean', required: true },
      note: { type: 'string', maxLength: 512 },
      pace: { type: 'string', values: ['fast', 'no', 'slow'] },
      rare: { type: 'integer', required: false },
    })
  })

  test('lists no words for callers who may not see sensitive values, and none that are rare', () => {
    expect(suggestPlan(tally(...walks), plan, false)).not.toContain('slow')
    expect(suggestPlan(tally(...walks.slice(0, 6)), plan, true)).not.toContain('slow')
  })

  test('lists properties that cannot be declared', () => {
    const yaml = suggestPlan(
      tally({ event: 'Walk', user_id: 'a' }, { event: 'walk', user_id: 'a', Steps: 1, size: 'big', list: [1] }),
      plan,
      true,
    )
    for (const text of [
      'Walk: not a valid event name',
      'Steps: not a valid property name',
      'size: has type string here but number',
      'list: has values of several types',
    ])
      expect(yaml).toContain(text)
  })
})

describe('a tally', () => {
  test('keeps no name and no value that could be personal', () => {
    const found = tally(
      { event: 'ann@example.org', user_id: 'a' },
      { event: 'walk', user_id: 'a', properties: { 'ann@example.org': 1, mail: 'ann@example.org', who: 'Ann Example' } },
    )
    expect(found.others).toBe(1)
    expect(JSON.stringify(found)).not.toMatch(/ann|Ann/)
  })

  test('is of bounded size whatever is sent, and keeps the names that are sent most', () => {
    const letters = (i: number) => String(i).replace(/\d/g, digit => 'abcdefghij'[Number(digit)] ?? '')
    const noise = Array.from({ length: 300 }, (_, i) => ({
      event: `noise_${letters(i)}`,
      properties: Object.fromEntries(Array.from({ length: 40 }, (__, n) => [`p_${letters(n)}`, `w${letters(i)}`])),
    }))
    const found = tally(...walks, ...noise)
    expect(Object.keys(found.events)).toHaveLength(25)
    expect(found.events.walk).toMatchObject({ rejected: 12, sampled: 12, withUser: 12 })
    expect(found.others).toBe(300 - 24)
    expect(JSON.stringify(found).length).toBeLessThan(200_000)
    for (const { properties } of Object.values(found.events)) expect(Object.keys(properties).length).toBeLessThanOrEqual(20)
  })

  test('drops events that were last seen more than 30 days ago', () => {
    expect(mergeTallies(tally(...walks), EMPTY_TALLY, NOW + 31 * 86_400_000)).toEqual(EMPTY_TALLY)
  })
})
