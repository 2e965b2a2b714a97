import * as z from 'zod'
import { getJson } from '../answers.ts'
import { defineCollector } from '../collector.ts'
import { eventField, filled } from '../fields.ts'

const answerSchema = z.looseObject({ pull_count: z.int().min(0) })

const schema = z.strictObject({
  repository: z.string().min(1).describe('NAMESPACE/NAME.'),
  api: filled('https://hub.docker.com').describe('The address of the registry, without a slash at the end.'),
  event: eventField('the pulls since the last run, in `source` (docker_hub) and `count`'),
})

/** Pulls of an image. Docker Hub has only their total, so counting begins with the first run. */
export const dockerHub = defineCollector<typeof schema, { readonly of: string; readonly total: number; readonly etag?: string }>({
  type: 'docker_hub',
  schema,
  sends: ({ event }) => [{ field: ['event'], event, properties: ['source', 'count'] }],
  async *collect({ api, repository, event }, { cursor: stored, now, fetch }) {
    const cursor = stored?.of === repository ? stored : null
    const url = `${api}/v2/repositories/${repository}/`
    const answer = await getJson(fetch, { url, schema: answerSchema, etag: cursor?.etag }, now())
    if (!answer) return
    const total = answer.value.pull_count
    const count = cursor ? total - cursor.total : 0
    const properties = { source: 'docker_hub', count }
    const samples = count > 0 ? [{ event, id: `pulls of ${repository} ${cursor?.total} ${total}`, timestamp: now(), properties }] : []
    yield { samples, cursor: { of: repository, total, etag: answer.etag } }
  },
})
