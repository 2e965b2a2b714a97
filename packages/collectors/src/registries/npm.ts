import { DAY_MS } from '@northstar/catalogue'
import * as z from 'zod'
import { getJson } from '../answers.ts'
import { defineCollector } from '../collector.ts'
import { eventField, filled } from '../fields.ts'
import { cursorOf, type DailyCursor, dailyStep, dayOf, isUpToDate, settledDay } from './daily.ts'

const answerSchema = z.looseObject({ downloads: z.array(z.looseObject({ day: z.iso.date(), downloads: z.int().min(0) })) })
/** The history of the first run. npm has at most 18 months. */
const HISTORY_MS = 365 * DAY_MS

const schema = z.strictObject({
  package: z.string().min(1).describe('The package’s name, such as app or @example/app.'),
  api: filled('https://api.npmjs.org').describe('The address of the API, without a slash at the end.'),
  event: eventField('the downloads of a day, in `source` (npm) and `count`'),
})

/** Downloads of an npm package by day, a year back. */
export const npm = defineCollector<typeof schema, DailyCursor>({
  type: 'npm',
  schema,
  sends: ({ event }) => [{ field: ['event'], event, properties: ['source', 'count'] }],
  async *collect({ api, package: name, event }, { cursor: stored, now, fetch }) {
    const cursor = cursorOf(name, stored)
    if (isUpToDate(cursor, now())) return
    const from = cursor?.through || dayOf(now() - HISTORY_MS)
    const to = settledDay(now())
    const answer = await getJson(fetch, { url: `${api}/downloads/range/${from}:${to}/${name}`, schema: answerSchema }, now())
    const days = answer?.value.downloads.map(({ day, downloads }) => ({ date: day, count: downloads })) ?? []
    yield dailyStep({ event, source: 'npm', name }, days, cursor, now())
  },
})
