import * as z from 'zod'
import { getJson } from '../answers.ts'
import { defineCollector } from '../collector.ts'
import { eventField, filled } from '../fields.ts'
import { cursorOf, type DailyCursor, dailyStep, isUpToDate } from './daily.ts'

const answerSchema = z.looseObject({
  data: z.array(z.looseObject({ category: z.string(), date: z.iso.date(), downloads: z.int().min(0) })),
})

const schema = z.strictObject({
  package: z.string().min(1).describe('The package’s name.'),
  api: filled('https://pypistats.org').describe('The address of PyPI Stats, without a slash at the end.'),
  event: eventField('the downloads of a day, in `source` (pypi) and `count`'),
})

/** Downloads of a Python package by day, without those of mirrors, half a year back. */
export const pypi = defineCollector<typeof schema, DailyCursor>({
  type: 'pypi',
  schema,
  sends: ({ event }) => [{ field: ['event'], event, properties: ['source', 'count'] }],
  async *collect({ api, package: name, event }, { cursor: stored, now, fetch }) {
    const cursor = cursorOf(name, stored)
    if (isUpToDate(cursor, now())) return
    const url = `${api}/api/packages/${encodeURIComponent(name)}/overall?mirrors=false`
    const answer = await getJson(fetch, { url, schema: answerSchema }, now())
    const without = answer?.value.data.filter(({ category }) => category === 'without_mirrors') ?? []
    yield dailyStep(
      { event, source: 'pypi', name },
      without.map(({ date, downloads }) => ({ date, count: downloads })),
      cursor,
      now(),
    )
  },
})
