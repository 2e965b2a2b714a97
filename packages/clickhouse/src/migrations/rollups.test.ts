import { expect, test } from 'vitest'
import { recordOf, rollupChanges } from './rollups.ts'

const SIZES = { name: 'sizes', select: 'SELECT event, count(size) GROUP BY event' }

const changes = (wanted: readonly (typeof SIZES)[], projections: readonly string[], recorded: readonly string[]) =>
  rollupChanges(wanted, { projections: new Set(projections), recorded: new Map(recorded.map(name => [recordOf(name), ''])) }, 'northstar')
const verbs = (made: ReturnType<typeof changes>) => made.map(({ name, statements }) => `${statements.at(-1)?.split(' ')[3]} ${name}`)
const [{ name } = { name: '' }] = changes([SIZES], [], [])

test('an existing and recorded projection stays', () => {
  expect(changes([SIZES], [name], [name])).toEqual([])
})

test('a projection that was not recorded stays', () => {
  expect(changes([], ['theirs'], [])).toEqual([])
})

test('a projection that was removed by hand, or not recorded because of a crash, is created again', () => {
  expect(verbs(changes([SIZES], [], [name]))).toEqual([`ADD ${name}`])
  expect(verbs(changes([SIZES], [name], []))).toEqual([`ADD ${name}`])
})

test('another definition is another projection', () => {
  const changed = changes([{ ...SIZES, select: 'SELECT event, sum(size) GROUP BY event' }], [name], [name])
  expect(verbs(changed)).toEqual([expect.stringMatching(/^ADD sizes_/), `DROP ${name}`])
  expect(changed[0]?.name).not.toBe(name)
})
