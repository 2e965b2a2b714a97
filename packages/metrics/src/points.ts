import { type Calendar, type CalendarSpan, type Filter, iso, type Period, type TrackingPlan } from '@northstar/catalogue'
import type { Member, SeriesPoint } from './answer.ts'
import type { Cell } from './kind.ts'
import type { Metric } from './metric.ts'
import type { MetricCatalogue } from './metric-catalogue.ts'
import { typedValue } from './question.ts'
import { metricKinds } from './registry.ts'
import { changeOf, targetAnswer, targetFor } from './status.ts'

/** A measured cell with its place in the answer. */
export interface PointInput {
  readonly metric: Metric
  readonly period: Period
  readonly span: CalendarSpan
  readonly filters: readonly Filter[]
  readonly by: Readonly<Record<string, Member>> | undefined
  readonly cell: Cell | undefined
  /** Absent without a comparison; without a cell if there is nothing to compare with. */
  readonly previous?: { readonly cell: Cell | undefined } | undefined
}

/** Returns a function that turns a cell into a point with its target and the change from the previous cell. */
export function createPoints({ product, plan }: MetricCatalogue, calendar: Calendar, now: () => number) {
  return ({ metric, period, span, filters, by, cell, previous }: PointInput): SeriesPoint => {
    const time = now()
    // A period that has not begun has no value.
    const begun = span.from <= time
    const value = begun ? (cell?.value ?? null) : null
    const target = targetFor(metric, calendar, product.launch, { period, span, where: filters, ...(by && { by }) })
    const before = previous?.cell?.value ?? null
    const sample = begun ? (cell?.sample ?? 0) : 0
    const settles = metricKinds.get(metric.kind)?.settlesAfter?.(metric.definition) ?? 0
    const complete = span.whole && span.to + settles <= time
    // An unfinished period of the calendar has a target but no verdict; `total` is whatever span was asked for.
    const judged = complete || period === 'total'
    return {
      from: iso(span.from),
      to: iso(span.to),
      complete,
      ...(by && { by: typedMembers(by, plan) }),
      value,
      sample,
      ...(target && { target: targetAnswer({ value: judged ? value : null, sample }, target, metric.unit) }),
      previous: before,
      ...(previous && { change: changeOf(value, before, metric.unit) }),
    }
  }
}

/** Converts members to the types of their properties. */
function typedMembers(by: Readonly<Record<string, Member>>, plan: TrackingPlan): Readonly<Record<string, Member>> {
  const typed = ([property, member]: [string, Member]): [string, Member] => {
    const type = plan.columns.find(c => c.name === property)?.type
    return [property, typeof member !== 'string' || type === undefined ? member : typedValue(type, member)]
  }
  return Object.fromEntries(Object.entries(by).map(typed))
}
