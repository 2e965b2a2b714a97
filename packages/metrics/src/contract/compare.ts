import type { Row } from '@northstar/events'
import { expect } from 'vitest'
import type { CohortPoint, MetricAnswer } from '../answer.ts'
import type { MetricQuestion, MetricReader } from '../index.ts'
import { cohortTruth, TRUTHS, truthOf } from './brute-force.ts'

/** A reader, and all rows of the warehouse that it reads. */
export interface Compared {
  readonly reader: MetricReader
  readonly rows: readonly Row[]
}

export const isClose = (got: number | null | undefined, want: number | null, tolerance: number) =>
  got === want || (typeof got === 'number' && want !== null && Math.abs(got - want) <= Math.abs(want) * tolerance + 1e-9)

/** Expects the metric and each part of it that has a truth to be that, in every period of the question. */
export async function expectTruth(
  { reader, rows }: Compared,
  question: MetricQuestion,
  tolerance = 1e-9,
): Promise<readonly MetricAnswer[]> {
  const { metric, period } = question
  const spans = reader.calendar.spans(period, question.from, question.to)
  const answers: MetricAnswer[] = []
  for (const [by, members] of breakdownsOf(metric)) {
    // Segments are there unasked.
    const answer = await reader.read({ ...question, ...(by !== '' && by !== 'segment' && { by }) })
    answers.push(answer)
    for (const member of members) {
      const part = by === '' ? '' : `${by}=${member}`
      for (const [i, span] of spans.entries()) {
        const before = spans[i - 1] ?? reader.calendar.before(period, span)
        const want = truthOf(metric, part, rows, span, before)
        const got = answer.points.find(p => Date.parse(p.from) === span.from && (by === '' || String(p.by?.[by]) === member))
        // A member that no event of the whole span has is not in the answer.
        const holds = got ? isClose(got.value, want.value, tolerance) && isClose(got.sample, want.sample, tolerance) : !want.value
        if (holds) continue
        const { timezone } = reader.calendar
        const when = `${timezone} ${period} ${new Date(span.from).toISOString()}`
        expect.fail(`${metric} ${part} ${when}: ${JSON.stringify(got)} is not ${JSON.stringify(want)}`)
      }
    }
  }
  return answers
}

/** Breakdown ('' for the whole) → the members that have a truth. */
function breakdownsOf(metric: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const part of Object.keys(TRUTHS[metric] ?? {})) {
    const [by = '', member = ''] = part.split('=')
    found.set(by, [...(found.get(by) ?? []), member])
  }
  return found
}

/** The same of `retention`. */
export async function expectCohorts({ reader, rows }: Compared, question: Omit<MetricQuestion, 'metric'>): Promise<void> {
  const { points } = await reader.read({ metric: 'retention', ...question })
  const want = cohortTruth(rows, reader.calendar.spans(question.period, question.from, question.to))
  expect((points as CohortPoint[]).map(p => [p.cohort, p.offset, p.value, p.sample])).toEqual(
    want.map(w => [reader.calendar.date(w.cohort), w.offset, w.value, w.sample]),
  )
}
