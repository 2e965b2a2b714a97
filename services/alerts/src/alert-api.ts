import { iso } from '@northstar/catalogue'
import { type Alert, api } from '@northstar/http-api'
import { compareMembers, type MetricReader } from '@northstar/metrics'
import { createShares, type FastifyPluginAsync, HttpProblem, handle } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { AlertViews } from './alert-views.ts'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { addComment, readComments } from './comments.ts'
import { type AlertTimes, comparedSpans, readCourse } from './course.ts'

export interface OneAlertRoutesDeps {
  readonly catalogue: AlertingCatalogue
  readonly views: AlertViews
  readonly reader: MetricReader
  readonly state: StateStore
  readonly now: () => number
}

/** On one alert. */
const MAX_COMMENTS = 1_000
/** Limits for an identity: concurrent and queued requests, since each runs dozens of metric queries. */
const SHARES = { atOnce: 2, waiting: 20 }

/** Routes of one alert: its values over time, what changed, its comments. */
export function createOneAlertRoutes({ catalogue, views, reader, state, now }: OneAlertRoutesDeps): FastifyPluginAsync {
  const rules = new Map(catalogue.rules.map(rule => [rule.name, rule]))
  const spanOf = reader.calendar.periodAt
  const shares = createShares(SHARES)

  async function find(fingerprint: string): Promise<Alert> {
    const found = await views.find(fingerprint)
    if (found) return found
    const detail = `No alert with the fingerprint ${fingerprint} was found. It may be older than the history.`
    throw new HttpProblem({ status: 404, code: 'unknown_alert', detail })
  }

  /** @throws HttpProblem 404 for an alert of a removed rule */
  async function timesOf(fingerprint: string): Promise<AlertTimes> {
    const alert = await find(fingerprint)
    const rule = rules.get(alert.rule)
    if (!rule) throw new HttpProblem({ status: 404, code: 'unknown_rule', detail: `The rule ${alert.rule} was removed.` })
    const member = rule.by === undefined ? null : (alert.labels[rule.by] ?? null)
    const endsAt = alert.ends_at === null ? null : Date.parse(alert.ends_at)
    return { rule, member, startsAt: Date.parse(alert.starts_at), endsAt }
  }

  return async fastify => {
    handle(fastify, api.alert.get, ({ params: { fingerprint } }) => find(fingerprint))

    handle(fastify, api.alert.course, async ({ params: { fingerprint }, caller, disconnected }) => {
      const alert = await timesOf(fingerprint)
      return { points: await shares.run({ caller, disconnected }, () => readCourse(alert, { read: reader.read, spanOf, now: now() })) }
    })

    handle(fastify, api.alert.changes, async ({ params: { fingerprint }, caller, disconnected }) => {
      const alert = await timesOf(fingerprint)
      const { rule, member } = alert
      const metric = catalogue.metrics.get(rule.metric)
      if (!metric) throw new HttpProblem({ status: 404, code: 'unknown_metric', detail: `The metric ${rule.metric} was removed.` })
      const where = { ...rule.where, ...(rule.by !== undefined && member !== null && { [rule.by]: member }) }
      const { before, after } = comparedSpans(alert, metric.unit === 'count', spanOf)
      const direction = rule.condition.direction === 'above' ? 'up' : 'down'
      const found = await shares.run({ caller, disconnected }, () =>
        compareMembers({ metric, where, before, after, direction }, { read: reader.read, catalogue }),
      )
      const spanView = (span: typeof before, measured: typeof found.before) => ({ from: iso(span.from), to: iso(span.to), ...measured })
      return {
        before: spanView(before, found.before),
        after: spanView(after, found.after),
        properties: found.properties.map(({ property, members }) => ({
          property,
          members: members.map(({ member: name, before: earlier, after: later, contribution }) => ({
            member: name === null ? null : String(name),
            before: { ...earlier },
            after: { ...later },
            contribution,
          })),
        })),
        left: [...found.left],
      }
    })

    handle(fastify, api.alert.comments, async ({ query: { fingerprint, limit } }) => {
      const comments = await readComments(state, fingerprint)
      return { comments: comments.slice(0, limit), total: comments.length }
    })

    handle(fastify, api.alert.comment, async ({ params: { fingerprint }, body: { text }, caller }) => {
      const { rule } = await find(fingerprint)
      if ((await readComments(state, fingerprint)).length >= MAX_COMMENTS) {
        const detail = `The alert has ${MAX_COMMENTS.toLocaleString('en-US')} comments, the most that are kept.`
        throw new HttpProblem({ status: 409, code: 'too_many_comments', detail })
      }
      return addComment(state, { fingerprint, rule, by: caller.name, text }, now())
    })
  }
}
