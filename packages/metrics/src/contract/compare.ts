import type { Period, PeriodSpan } from '@northstar/catalogue'
import type { Row } from '@northstar/events'
import { expect } from 'vitest'
import type { CohortPoint, MetricAnswer, SeriesPoint } from '../answer.ts'
import type { MetricQuestion, MetricReader } from '../index.ts'
import { previousSpan } from '../previous.ts'
import { ALL_TRUTHS, cohortTruth, truthsOf } from './brute-force.ts'
import type { Truth } from './folds.ts'

/** A reader, and all rows of the warehouse that it reads. */
export interface Compared {
  readonly reader: MetricReader
  readonly rows: readonly Row[]
  /** The reader's time. */
  readonly now: number
}

export const isClose = (got: number | null | undefined, want: number | null, tolerance: number) =>
  got === want || (typeof got === 'number' && want !== null && Math.abs(got - want) <= Math.abs(want) * tolerance + 1e-9)

/** Expects the metric and each of its parts to have their true values in every period of the question and in the compared periods. */
export async function expectTruth({ reader, rows, now }: Compared, question: MetricQuestion): Promise<readonly MetricAnswer[]> {
  const { metric, period, compare } = question
  const { calendar } = reader
  const spans = calendar.spans(period, question.from, question.to)
  const truths = (span: PeriodSpan) => truthsOf(metric, rows, span, { before: calendar.before(period, span), calendar, now })
  const wanted = spans.map(truths)
  const wantedBefore = spans.map(span => {
    const previous = previousSpan(calendar, period, span, now, compare === 'year' ? 'year' : 'previous')
    return previous ? truths(previous) : {}
  })
  const answers: MetricAnswer[] = []
  for (const [by, parts] of breakdownsOf(metric)) {
    const answer = await reader.read({ ...question, ...(by !== '' && { by }) })
    answers.push(answer)
    for (const part of parts) {
      const members = membersOf(part)
      for (const [i, span] of spans.entries()) {
        const want = wanted[i]?.[part] as Truth
        const previous = compare ? (wantedBefore[i]?.[part]?.value ?? null) : null
        const got = answer.points.find(
          p => Date.parse(p.from) === span.from && members.every(([name, member]) => String(p.by?.[name]) === member),
        )
        if (holds(got, { ...want, previous })) continue
        const when = `${calendar.timezone} ${period} ${new Date(span.from).toISOString()}`
        expect.fail(`${metric} ${part} ${when}: ${JSON.stringify(got)} is not ${JSON.stringify({ ...want, previous })}`)
      }
    }
  }
  return answers
}

function holds(got: SeriesPoint | undefined, want: Truth & { readonly previous: number | null }): boolean {
  // A member without events in the whole span is not in the answer.
  if (!got) return !want.value && !want.previous
  return isClose(got.value, want.value, 1e-9) && got.sample === want.sample && isClose(got.previous, want.previous, 1e-9)
}

/** The kinds' own breakdowns. */
const INTRINSIC: readonly string[] = ['segment', 'funnel_step', 'lifecycle']

/** The members of a part: `platform=macos&segment=casual`. */
export const membersOf = (part: string) => part.split('&').flatMap(text => (text === '' ? [] : [text.split('=') as [string, string]]))

/** The property of the breakdown ('' for none) → its parts that have a truth. */
export function breakdownsOf(metric: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const part of Object.keys(ALL_TRUTHS[metric] ?? {})) {
    const [by = ''] = membersOf(part).flatMap(([name]) => (INTRINSIC.includes(name) ? [] : [name]))
    found.set(by, [...(found.get(by) ?? []), part])
  }
  return found
}

/** The last offset of cohorts. */
const LAST_OFFSET = 52

/** Expects the same of `retention`: of each cohort in the periods since, and of the preceding cohort. */
export async function expectCohorts({ reader, rows }: Compared, question: Omit<MetricQuestion, 'metric'>): Promise<void> {
  const { calendar } = reader
  const { points } = await reader.read({ metric: 'retention', compare: 'previous', ...question })
  const spans = calendar.spans(question.period, question.from, question.to)
  const want = cohortTruth(rows, spans)
  const period = question.period as Exclude<Period, 'total'>
  const whole = spans.map(span => calendar.periodAt(period, span.from))
  const earlier = [calendar.before(period, whole[0] ?? question), ...whole]
  const previous = cohortTruth(rows, earlier)
  const shareOf = (cohort: number | undefined, offset: number) =>
    previous.find(w => w.cohort === cohort && w.offset === offset)?.value ?? null
  const before = (cohort: number) => earlier[spans.findIndex(({ from }) => from === cohort)]?.from
  const shown = want.filter(({ offset }) => offset <= LAST_OFFSET)
  expect((points as CohortPoint[]).map(p => [p.cohort, p.offset, p.value, p.sample, p.previous])).toEqual(
    shown.map(({ cohort, offset, value, sample }) => [calendar.date(cohort), offset, value, sample, shareOf(before(cohort), offset)]),
  )
}
