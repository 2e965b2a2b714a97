import { type AlertRule, describeRule, destinations, labelsOf, type MemberState, ruleTitle } from '@northstar/alerting'
import { iso } from '@northstar/catalogue'
import { api } from '@northstar/http-api'
import type { Notifying } from '@northstar/notifications'
import { type FastifyPluginAsync, handle } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { RULES, type RuleDocument, startOf } from './documents.ts'

export interface RuleRoutesDeps {
  readonly catalogue: AlertingCatalogue
  readonly notifying: Notifying
  readonly state: StateStore
}

/** `GET /v1/rules`: the rules with their conditions in words and their current alerts. */
export function createRuleRoutes({ catalogue, notifying, state }: RuleRoutesDeps): FastifyPluginAsync {
  return async fastify => {
    handle(fastify, api.rules.list, async () => {
      const documents = await state.list<RuleDocument>(RULES)
      const members = new Map(documents.map(({ key, value }) => [key.slice(RULES.length), Object.values(value.state.members)]))
      return { rules: catalogue.rules.map(rule => view(rule, catalogue, notifying, members.get(rule.name) ?? [])) }
    })
  }
}

function view(rule: AlertRule, { metrics, product }: AlertingCatalogue, notifying: Notifying, members: readonly MemberState[]) {
  const metric = metrics.get(rule.metric)
  const labels = labelsOf(rule, null, { product: product.name })
  const active = members.filter(({ phase }) => phase !== 'resolved')
  return {
    rule: rule.name,
    title: ruleTitle(rule),
    group: rule.group,
    severity: rule.severity,
    metric: rule.metric,
    unit: metric?.unit ?? null,
    condition: describeRule(rule, metric),
    for_seconds: rule.for / 1_000,
    keep_firing_for_seconds: rule.keepFiringFor / 1_000,
    recovery: rule.recovery ?? null,
    min_sample: rule.minSample,
    no_data: rule.noData,
    by: rule.by ?? null,
    where: rule.where,
    labels: rule.labels,
    action: rule.action,
    runbook: rule.runbook ?? null,
    receivers: [...new Set(destinations(notifying.route, labels).map(({ receiver }) => receiver))],
    state: active.some(({ phase }) => phase === 'firing')
      ? ('firing' as const)
      : active.length > 0
        ? ('pending' as const)
        : ('ok' as const),
    alerts: active.map(member => ({
      fingerprint: member.fingerprint,
      member: member.member,
      state: member.phase,
      value: member.value,
      threshold: member.threshold,
      starts_at: iso(startOf(member)),
    })),
  }
}
