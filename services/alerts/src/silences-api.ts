import { randomUUID } from 'node:crypto'
import { type Matcher, matches, patternSteps, type Silence, silencePhase } from '@northstar/alerting'
import { iso } from '@northstar/catalogue'
import { api } from '@northstar/http-api'
import { badValue, type FastifyPluginAsync, HttpProblem, handle } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { AlertViews } from './alert-views.ts'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { readSilences, SILENCES } from './documents.ts'
import { knownLabels, matchersOf, readSilence, rulesMatched, silenceOf, silenceWarnings } from './silence.ts'

export interface SilenceRoutesDeps {
  readonly catalogue: AlertingCatalogue
  readonly state: StateStore
  readonly views: Pick<AlertViews, 'list'>
  readonly now: () => number
  /** Called when a silence changed. */
  readonly onChanged: () => void
}

/** Silences that have not ended: each of them is compared with each alert. */
const MAX_SILENCES = 1_000
/** Steps of a request's patterns over all active alerts: about a second. */
const MAX_STEPS = 50_000_000

function view(silence: Silence, now: number) {
  return { ...silence, startsAt: iso(silence.startsAt), endsAt: iso(silence.endsAt), status: { state: silencePhase(silence, now) } }
}

/** Routes of silences, with the field names of Alertmanager. */
export function createSilenceRoutes({ catalogue, state, views, now, onChanged }: SilenceRoutesDeps): FastifyPluginAsync {
  const { timezone } = catalogue.product
  const labels = knownLabels(catalogue.rules)

  function warningsOf(matchers: readonly Matcher[], matchesAlert: boolean): string[] {
    const warnings = silenceWarnings(matchers, labels)
    if (warnings.length > 0 || matchesAlert || rulesMatched(matchers, catalogue.rules, catalogue.product.name).length > 0)
      return [...warnings]
    return ['The silence matches no rule and no active alert of this product.']
  }

  async function activeMatched(matchers: readonly Matcher[]) {
    const alerts = await views.list()
    if (alerts.reduce((sum, { labels: own }) => sum + patternSteps(matchers, own), 0) > MAX_STEPS) {
      const detail = '`matchers`: the regular expressions are too large for this number of alerts: write shorter ones, without repetitions.'
      throw badValue('matchers', detail)
    }
    return alerts.flatMap(({ state: phase, ...alert }) =>
      phase !== 'resolved' && matches(matchers, alert.labels) ? [{ ...alert, state: phase }] : [],
    )
  }

  return async fastify => {
    handle(fastify, api.silences.list, async () => ({ silences: (await readSilences(state)).map(one => view(one, now())) }))

    handle(fastify, api.silences.preview, async ({ query: { matcher } }) => {
      if (matcher === undefined) return { matchers: [], alerts: [], rules: [], warnings: [] }
      const matchers = matchersOf([matcher].flat(), 'matcher')
      const alerts = await activeMatched(matchers)
      return {
        matchers: [...matchers],
        alerts: alerts.map(({ fingerprint, rule, severity, state: phase, annotations, labels: own }) => {
          return { fingerprint, rule, severity, state: phase, summary: annotations.summary ?? rule, labels: own }
        }),
        rules: rulesMatched(matchers, catalogue.rules, catalogue.product.name).map(({ name, severity, by }) => {
          return { rule: name, severity, by: by ?? null }
        }),
        warnings: warningsOf(matchers, alerts.length > 0),
      }
    })

    handle(fastify, api.silences.create, async ({ body, caller }) => {
      const silence = silenceOf(body, { id: randomUUID(), createdBy: caller.name, now: now(), timezone })
      if ((await readSilences(state)).filter(({ endsAt }) => endsAt > now()).length >= MAX_SILENCES) {
        const detail = `There are ${MAX_SILENCES.toLocaleString('en-US')} silences that have not ended: end some of them, or write one that covers several.`
        throw new HttpProblem({ status: 409, code: 'too_many_silences', detail })
      }
      const warnings = warningsOf(silence.matchers, (await activeMatched(silence.matchers)).length > 0)
      await state.put(SILENCES + silence.id, silence)
      onChanged()
      return { silenceID: silence.id, ...view(silence, now()), timezone, warnings }
    })

    handle(fastify, api.silences.expire, async ({ params: { id } }) => {
      const document = /^[0-9a-f-]{36}$/.test(id) ? await state.get(SILENCES + id) : null
      const silence = document && readSilence(document.value)
      if (!document || !silence) throw new HttpProblem({ status: 404, detail: `Silence ${id} does not exist.` })
      // An expired silence stays in the list, as in Alertmanager.
      if (silence.endsAt > now()) {
        await state.put(document.key, { ...silence, endsAt: Math.max(now(), silence.startsAt) })
        onChanged()
      }
    })
  }
}
