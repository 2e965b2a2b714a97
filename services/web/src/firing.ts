import { useData } from './api/store.ts'
import type { Alert, Answer, routes } from './api/types.ts'

export const ALERTS_PATH = '/v1/alerts'
/** How often alerts are read again, ms. */
export const ALERTS_MS = 10_000

export type Alerts = Answer<typeof routes.alerts.list>

/** Firing alerts that are neither silenced nor inhibited, most severe first. */
export function useFiring(): readonly Alert[] {
  const { data } = useData<Alerts>(ALERTS_PATH, ALERTS_MS)
  return (data?.alerts ?? [])
    .filter(({ state, silenced_by, inhibited_by }) => state === 'firing' && silenced_by.length === 0 && inhibited_by === null)
    .toSorted((a, b) => a.severity.localeCompare(b.severity))
}

interface Subject {
  readonly metric: string
  readonly where?: Readonly<Record<string, unknown>>
}

/** The most severe firing alert of a figure: same metric, and no label that contradicts the figure's filter. */
export function useFiringAlert({ metric, where = {} }: Subject): Alert | undefined {
  return useFiring().find(
    alert =>
      alert.metric === metric &&
      Object.entries(where).every(([property, value]) => alert.labels[property] === undefined || alert.labels[property] === String(value)),
  )
}
