import { formatDuration, ownEntry, valueTitle } from '@northstar/catalogue'
import type { AlertRule, Condition, RuleWindow } from './alert-rule.ts'
import { formatValue, type ValueUnit } from './templates.ts'

/** The part of a metric that a rule's description needs. */
export interface DescribedMetric {
  readonly title: string
  readonly unit: ValueUnit
}

const UNITS = { w: 'week', d: 'day', h: 'hour', m: 'minute', s: 'second', ms: 'millisecond' } as const
const PERIODS = {
  hour: 'hour',
  day: 'day',
  week: 'week',
  calendar_week: 'calendar week',
  month: 'month',
  quarter: 'quarter',
  year: 'year',
} as const

/** A rule's condition as a sentence: `Crash rate of the last 15 minutes is above 1%, for 5 minutes`. */
export function describeRule(rule: AlertRule, metric: DescribedMetric | undefined): string {
  const { by, where, offset, condition, titles = { properties: {}, values: {} } } = rule
  const title = metric?.title ?? rule.metric
  const wordsOf = (property: string) => withinSentence(ownEntry(titles.properties, property) ?? property.replaceAll('_', ' '))
  const filters = Object.entries(where).map(([property, value]) => `${wordsOf(property)} ${valueTitle(titles, property, value)}`)
  const of = [
    ...(filters.length > 0 ? [` (${filters.join(', ')})`] : []),
    ...(by === undefined ? [] : [`, each ${wordsOf(by)},`]),
    ...(offset === undefined ? [] : [`, ${rule.window.kind === 'period' ? PERIODS[rule.window.period] : 'period'} ${offset},`]),
  ].join('')
  const lasting = rule.for > 0 ? `, for ${describeDuration(rule.for)}` : ''
  return `${title}${of} ${windowWords(rule.window, condition)} ${conditionWords(condition, metric?.unit, rule.window)}${lasting}`
}

/** A title within a sentence: `Query complexity` loses its capital, `OS` does not. */
const withinSentence = (title: string) => (/^[A-Z][a-z]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title)

function windowWords(window: RuleWindow, { threshold }: Condition): string {
  if (threshold.kind === 'previous_release' && window.kind === 'duration')
    return `in the first ${describeDuration(window.ms)} of the newest release`
  if (window.kind === 'duration') return `of the last ${describeDuration(window.ms).replace(/^1 /, '')}`
  return `of the ${window.which === 'current' ? 'running' : 'last whole'} ${PERIODS[window.period]}`
}

function conditionWords({ direction, threshold }: Condition, unit: ValueUnit | undefined, window: RuleWindow): string {
  const before = window.kind === 'period' ? `the ${PERIODS[window.period]} before` : 'the span before'
  switch (threshold.kind) {
    case 'number':
      return `is ${direction} ${formatValue(threshold.value, unit)}`
    case 'target':
      return `is ${direction} ${threshold.times === 1 ? '' : `${formatValue(threshold.times, 'number')} times `}its target`
    case 'change':
      return `is ${direction} ${formatValue(1 + threshold.fraction, 'ratio')} of ${before}`
    case 'previous_release':
      return 'is worse than in the release before at the same age'
    case 'growth': {
      const than = direction === 'above' ? 'more' : 'less'
      return `grew by ${than} than ${formatValue(threshold.times, 'ratio')} of what its targets ask for since ${before}`
    }
  }
}

/** `1h30m` as `1 hour 30 minutes`. */
export function describeDuration(ms: number): string {
  const parts = [...formatDuration(ms).matchAll(/(\d+)(ms|[smhdw])/g)].map(([, count = '', unit = '']) => {
    const word = UNITS[unit as keyof typeof UNITS]
    return `${count} ${word}${count === '1' ? '' : 's'}`
  })
  return parts.join(' ')
}
