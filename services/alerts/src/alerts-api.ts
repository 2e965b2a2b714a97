import { type Acknowledgement, acknowledgementState, type Severity, toAlert } from '@northstar/alerting'
import { iso } from '@northstar/catalogue'
import { api } from '@northstar/http-api'
import { type FastifyPluginAsync, HttpProblem, handle } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { AlertViews } from './alert-views.ts'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { ACKNOWLEDGEMENTS, readDeliveries } from './documents.ts'
import type { ReadHistory } from './history.ts'
import { unknownRule } from './unknown-rule.ts'

export interface AlertRoutesDeps {
  readonly catalogue: AlertingCatalogue
  readonly views: AlertViews
  readonly state: StateStore
  readonly history: ReadHistory
  readonly now: () => number
  /** Called when an acknowledgement changed. */
  readonly onChanged: () => void
}

/** Routes of all alerts: the list, acknowledgements, history, deliveries. */
export function createAlertRoutes({ catalogue, views, state, history, now, onChanged }: AlertRoutesDeps): FastifyPluginAsync {
  return async fastify => {
    handle(fastify, api.alerts.list, async () => ({ alerts: await views.list() }))

    handle(fastify, api.alerts.acknowledge, async ({ params: { fingerprint }, body, caller }) => {
      const by = body.by ?? caller.name
      const found = await views.member(fingerprint)
      if (!found) throw new HttpProblem({ status: 404, detail: `Alert ${fingerprint} does not exist.` })
      if (found.member.phase !== 'firing')
        throw new HttpProblem({ status: 409, detail: `The alert is ${found.member.phase}. Only a firing alert can be acknowledged.` })
      const alert = toAlert(found.rule, found.member, views.metricOf(found.rule.name).unit ?? undefined)
      const before = (await state.get<Acknowledgement>(ACKNOWLEDGEMENTS + fingerprint))?.value
      // An acknowledgement that holds is not replaced.
      const holds = acknowledgementState(alert, before) === 'holds'
      const acknowledgement: Acknowledgement =
        before && holds ? before : { fingerprint, startsAt: alert.startsAt, by, at: now(), value: alert.value }
      await state.put(ACKNOWLEDGEMENTS + fingerprint, acknowledgement)
      onChanged()
      return { fingerprint, rule: found.rule.name, acknowledged_by: acknowledgement.by, acknowledged_at: iso(acknowledgement.at) }
    })

    handle(fastify, api.alerts.history, async ({ query }) => {
      const rows = await history(query)
      // Removed rules keep their history.
      const isKnown = query.rule === undefined || catalogue.rules.some(({ name }) => name === query.rule)
      if (rows.length === 0 && !isKnown) throw unknownRule(query.rule ?? '', catalogue.rules)
      return {
        history: rows.map(({ at, starts_at, ends_at, ...row }) => ({
          ...row,
          // Rows are written from rules only, so this is a severity.
          severity: row.severity as Severity,
          ...views.metricOf(row.rule),
          at: iso(at),
          starts_at: iso(starts_at),
          ends_at: ends_at === null ? null : iso(ends_at),
        })),
      }
    })

    handle(fastify, api.alerts.deliveries, async () => ({
      deliveries: (await readDeliveries(state)).toReversed().map(one => ({ ...one, at: iso(one.at) })),
    }))
  }
}
