import * as z from 'zod'
import { getJson } from '../answers.ts'
import { defineCollector } from '../collector.ts'
import { eventField, filled } from '../fields.ts'

const counts = z.record(z.string(), z.int().min(0))
const answerSchema = z.looseObject({ analytics: z.looseObject({ install: z.looseObject({ '30d': counts }) }) })

const schema = z.strictObject({
  formula: z.string().min(1).describe('The formula’s name.'),
  api: filled('https://formulae.brew.sh').describe('The address of the API, without a slash at the end.'),
  event: eventField('the installations of the last 30 days, in `value`'),
})

/** Samples the installations of a formula in the last 30 days. Homebrew has no daily series and no total. */
export const homebrew = defineCollector<typeof schema, { readonly etag?: string }>({
  type: 'homebrew',
  schema,
  sends: ({ event }) => [{ field: ['event'], event, properties: ['value'] }],
  async *collect({ api, formula, event }, { cursor, dueAt, now, fetch }) {
    const url = `${api}/api/formula/${encodeURIComponent(formula)}.json`
    const answer = await getJson(fetch, { url, schema: answerSchema, etag: cursor?.etag }, now())
    if (!answer) return
    // Each set of options has its own count.
    const value = Object.values(answer.value.analytics.install['30d']).reduce((sum, count) => sum + count, 0)
    yield { samples: [{ event, id: `installs ${dueAt}`, timestamp: now(), properties: { value } }], cursor: { etag: answer.etag } }
  },
})
