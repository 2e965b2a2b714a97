import { api, type MetricAnswer, type MetricValue, parseInput, type Question } from '@northstar/http-api'
import { type FastifyPluginAsync, HttpProblem, handle, type ShareRequest, sendLines, wantsLines } from '@northstar/runtime'

/** Answers a question of a metric. @throws HttpProblem */
export type AnswerMetric = (name: string, query: Question, request: ShareRequest) => Promise<MetricAnswer>

/**
 * `GET /v1/values?q=METRIC?QUERY&q=…`: several questions in one request, each answered like `GET /v1/metrics/METRIC?QUERY` under the
 * same limits. With `Accept: application/x-ndjson` each answer is sent as a line as soon as it is ready.
 */
export function valueRoutes(answerMetric: AnswerMetric): FastifyPluginAsync {
  async function answerOne(asked: string, place: number, request: ShareRequest): Promise<MetricValue> {
    try {
      const [, name = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(asked) ?? []
      const parsed = parseInput(api.metrics.read.query, 'query', fieldsOf(new URLSearchParams(query)))
      if (!parsed.ok) return { place, problem: { ...parsed.problem } }
      return { place, answer: await answerMetric(name, parsed.value, request) }
    } catch (error) {
      if (error instanceof HttpProblem) return { place, problem: error.problem }
      throw error
    }
  }

  return async fastify => {
    handle(fastify, api.metrics.values, async ({ query: { q }, caller, disconnected, raw }, reply) => {
      const asked = [q].flat().map((one, place) => answerOne(one, place, { caller, disconnected }))
      if (!wantsLines(raw)) return { values: await Promise.all(asked) }
      const lines = sendLines<MetricValue>(reply)
      // The client requests the missing answers again.
      void Promise.all(asked.map(async one => lines.write(await one))).then(lines.end, lines.abort)
      return
    })
  }
}

/** A repeated parameter becomes an array, as in a request's query. */
function fieldsOf(params: URLSearchParams): Readonly<Record<string, string | readonly string[]>> {
  const fields = new Map<string, string | readonly string[]>()
  for (const name of new Set(params.keys())) {
    const all = params.getAll(name)
    fields.set(name, all.length > 1 ? all : (all[0] ?? ''))
  }
  return Object.fromEntries(fields)
}
