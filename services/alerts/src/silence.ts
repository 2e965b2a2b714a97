import {
  type AlertRule,
  labelsOf,
  type Matcher,
  matcherProblem,
  matches,
  parseMatcher,
  patternProblem,
  type Silence,
} from '@northstar/alerting'
import { DAY_MS, nearest, parseDuration, parseTime } from '@northstar/catalogue'
import type { api, Input } from '@northstar/http-api'
import { badValue } from '@northstar/runtime'
import { z } from 'zod'

/** A longer silence is a mistake of units. */
const MAX_MS = 10 * 366 * DAY_MS

const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** The parsed body of `POST /v1/silences`. */
export type GivenSilence = Input<typeof api.silences.create>['body']

const refuse = (field: string, detail: string): never => {
  throw badValue(field, `\`${field}\`: ${detail}`)
}

const RULE_NAME = /^[a-z0-9_]+$/i

/** Parses the matchers of a request's field. A single word is a rule's name. @throws HttpProblem 400 that names the matcher */
export function matchersOf(matchers: GivenSilence['matchers'], name = 'matchers'): readonly Matcher[] {
  const found = matchers.map((given, index): Matcher => {
    const field = `${name}.${index}`
    if (typeof given === 'string' && RULE_NAME.test(given.trim()))
      return { name: 'alertname', value: given.trim(), isRegex: false, isEqual: true }
    if (typeof given === 'string') return parseMatcher(given) ?? refuse(field, matcherProblem(given))
    if (!LABEL.test(given.name)) return refuse(field, `"${given.name.slice(0, 100)}" is not a label name: use letters, digits and _`)
    const problem = given.isRegex ? patternProblem(given.value) : null
    return problem === null ? given : refuse(field, `not a regular expression in RE2 syntax: ${problem}`)
  })
  return found.some(one => one.isEqual && one.value !== '') ? found : refuse(name, 'at least one matcher must require a value')
}

function spanOf(given: GivenSilence, now: number, timezone: string): Pick<Silence, 'startsAt' | 'endsAt'> {
  const instant = (field: 'startsAt' | 'endsAt', value: string | number): number => {
    const at = typeof value === 'number' ? value : parseTime(value, timezone)
    if (at === null) return refuse(field, `"${value}" is not a time: use 2026-01-20T15:00:00Z, 2026-01-20T15:00 (${timezone}) or epoch ms`)
    if (!Number.isInteger(at) || Math.abs(at - now) > MAX_MS) return refuse(field, `${value} is more than ten years away or not an integer`)
    return at
  }
  const { startsAt = now, endsAt, duration } = given
  const from = instant('startsAt', startsAt)
  if (endsAt === undefined && duration === undefined) return refuse('endsAt', 'a silence needs endsAt or a duration such as 2h')
  if (endsAt !== undefined && duration !== undefined) return refuse('endsAt', 'a silence takes endsAt or duration, not both')
  const lengthMs = duration === undefined ? 0 : parseDuration(duration)
  if (lengthMs === null) return refuse('duration', `"${duration}" is not a duration: use 30m, 2h or 1d`)
  if (lengthMs > MAX_MS) return refuse('duration', `${duration} is longer than ten years`)
  const to = endsAt === undefined ? from + lengthMs : instant('endsAt', endsAt)
  if (to <= from || to <= now) return refuse('endsAt', 'the silence would already have ended')
  return { startsAt: from, endsAt: to }
}

/** The silence of a request. @throws HttpProblem 400 that names the field */
export function silenceOf(
  given: GivenSilence,
  { id, createdBy, now, timezone }: { id: string; createdBy: string; now: number; timezone: string },
): Silence {
  const { comment } = given
  return { id, matchers: matchersOf(given.matchers), ...spanOf(given, now, timezone), createdBy: given.createdBy ?? createdBy, comment }
}

/** The labels of the product's alerts with their values, or null if any value is possible. */
export function knownLabels(rules: readonly AlertRule[]): ReadonlyMap<string, readonly string[] | null> {
  const labels = new Map<string, readonly string[] | null>([
    ['alertname', rules.map(rule => rule.name)],
    ['severity', ['P0', 'P1', 'P2', 'P3']],
    ['product', null],
    ['no_data', null],
  ])
  for (const [name, value] of rules.flatMap(({ labels: own }) => Object.entries(own)))
    labels.set(name, [...new Set([...(labels.get(name) ?? []), value])])
  // The values of a breakdown are in the events.
  for (const { by } of rules) if (by !== undefined) labels.set(by, null)
  return labels
}

/** Maximum number of valid names in a warning. */
const MAX_NAMED = 20

/** A warning for each matcher with a label or value that no alert has. */
export function silenceWarnings(matchers: readonly Matcher[], labels: ReturnType<typeof knownLabels>): readonly string[] {
  const warning = (what: string, word: string, valid: Iterable<string>) => {
    const near = nearest(word, valid)
    const remedy = near === undefined ? `; valid: ${[...valid].slice(0, MAX_NAMED).join(', ')}.` : `; did you mean "${near}"?`
    return `${what} "${word}"${remedy} The silence matches no alert of this product.`
  }
  return matchers.flatMap(({ name, value, isRegex, isEqual }) => {
    if (!isEqual || value === '') return []
    const values = labels.get(name)
    if (values === undefined) return [warning('No alert has a label', name, labels.keys())]
    if (values === null || isRegex || values.includes(value)) return []
    return [warning(name === 'alertname' ? 'There is no rule' : `No alert has ${name}`, value, values)]
  })
}

/** The rules that can have a matching alert, whatever the values of their breakdowns. */
export const rulesMatched = (matchers: readonly Matcher[], rules: readonly AlertRule[], product: string): readonly AlertRule[] =>
  rules.filter(rule =>
    matches(
      matchers.filter(({ name }) => name !== rule.by),
      labelsOf(rule, null, { product }),
    ),
  )

const storedSilence = z.object({
  id: z.string(),
  matchers: z.array(z.object({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean() })),
  startsAt: z.number().refine(isDate),
  endsAt: z.number().refine(isDate),
  createdBy: z.string(),
  comment: z.string(),
})

function isDate(at: number): boolean {
  return Number.isFinite(new Date(at).getTime())
}

/** Parses a stored silence. Null for an invalid document, which must not hide others. */
export const readSilence = (value: unknown): Silence | null => storedSilence.safeParse(value).data ?? null
