import * as z from 'zod'
import { getJson } from '../answers.ts'
import { defineCollector } from '../collector.ts'
import { eventField, filled } from '../fields.ts'
import { cursorOf, type DailyCount, type DailyCursor, dailyStep, isUpToDate } from './daily.ts'

const counted = { date: z.iso.date(), downloads: z.int().min(0) }
const answerSchema = z.looseObject({
  version_downloads: z.array(z.looseObject({ ...counted, version: z.int() })),
  versions: z.array(z.looseObject({ id: z.int(), num: z.string() })).default([]),
  meta: z.looseObject({ extra_downloads: z.array(z.looseObject(counted)).default([]) }),
})

const schema = z.strictObject({
  crate: z.string().min(1).describe('The crate’s name.'),
  api: filled('https://crates.io').describe('The address of the registry, without a slash at the end.'),
  event: eventField('the downloads of a day, in `source` (crates_io), `version` and `count`'),
})

/** Downloads of a crate by day and version. crates.io has 90 days of the most downloaded versions; the other versions are one count. */
export const cratesIo = defineCollector<typeof schema, DailyCursor>({
  type: 'crates_io',
  schema,
  sends: ({ event }) => [{ field: ['event'], event, properties: ['source', 'version', 'count'] }],
  async *collect({ api, crate, event }, { cursor: stored, now, fetch }) {
    const cursor = cursorOf(crate, stored)
    if (isUpToDate(cursor, now())) return
    const url = `${api}/api/v1/crates/${encodeURIComponent(crate)}/downloads?include=versions`
    const answer = await getJson(fetch, { url, schema: answerSchema }, now())
    if (!answer) return
    const { version_downloads, versions, meta } = answer.value
    const names = new Map(versions.map(({ id, num }) => [id, num]))
    const days: DailyCount[] = version_downloads.map(({ date, downloads, version }) => ({
      date,
      count: downloads,
      version: names.get(version) ?? String(version),
    }))
    for (const { date, downloads } of meta.extra_downloads) days.push({ date, count: downloads })
    yield dailyStep({ event, source: 'crates_io', name: crate }, days, cursor, now())
  },
})
