import { randomUUID } from 'node:crypto'
import { type Silence, silencePhase } from '@northstar/alerting'
import { api } from '@northstar/http-api'
import { type FastifyPluginAsync, HttpProblem, handle } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { readSilences, SILENCES } from './documents.ts'
import { knownLabels, readSilence, silenceOf, silenceWarnings } from './silence.ts'

export interface SilenceRoutesDeps {
  readonly catalogue: AlertingCatalogue
  readonly state: StateStore
  readonly now: () => number
  /** A silence changed. */
  readonly onChanged: () => void
}

const iso = (at: number) => new Date(at).toISOString()

function view(silence: Silence, now: number) {
  return { ...silence, startsAt: iso(silence.startsAt), endsAt: iso(silence.endsAt), status: { state: silencePhase(silence, now) } }
}

/** Silences over HTTP, with the field names of Alertmanager. */
export function createSilenceRoutes({ catalogue, state, now, onChanged }: SilenceRoutesDeps): FastifyPluginAsync {
  const { timezone } = catalogue.product
  const labels = knownLabels(catalogue.rules)

  return async fastify => {
    handle(fastify, api.silences.list, async () => ({ silences: (await readSilences(state)).map(one => view(one, now())) }))

    handle(fastify, api.silences.create, async ({ body, caller }) => {
      const silence = silenceOf(body, { id: randomUUID(), createdBy: caller.name, now: now(), timezone })
      await state.put(SILENCES + silence.id, silence)
      onChanged()
      return { silenceID: silence.id, ...view(silence, now()), timezone, warnings: silenceWarnings(silence.matchers, labels) }
    })

    handle(fastify, api.silences.expire, async ({ params: { id } }) => {
      const document = /^[0-9a-f-]{36}$/.test(id) ? await state.get(SILENCES + id) : null
      const silence = document && readSilence(document.value)
      if (!document || !silence) throw new HttpProblem({ status: 404, detail: `There is no silence ${id}.` })
      // It stays in the list as expired, as in Alertmanager.
      if (silence.endsAt > now()) {
        await state.put(document.key, { ...silence, endsAt: Math.max(now(), silence.startsAt) })
        onChanged()
      }
    })
  }
}
