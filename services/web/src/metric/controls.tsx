import type { Definition } from '../api/types.ts'
import { Segments } from '../components/segments.tsx'
import { useProduct } from '../context.ts'
import { dayOf } from '../period.ts'
import { useReleases } from '../releases/use-releases.ts'
import { propertyTitle } from '../titles.ts'
import { Filters } from './filters.tsx'
import { breakdownsOf, COMPARISONS, DEFAULT_RANGES, PERIODS, type Question, RANGES, releaseComparison, sinceRange } from './question.ts'

/** The property that names a release. */
const RELEASE_PROPERTY = 'version'

interface ControlsProps {
  readonly definition: Definition
  readonly question: Question
  readonly onChange: (changes: Readonly<Record<string, string | null>>) => void
}

/** Period, range, breakdown, comparison and filters of a metric. All of them are in the address. */
export function Controls({ definition, question, onChange }: ControlsProps) {
  const breakdowns = breakdownsOf(definition)
  const cohorts = definition.shape === 'cohorts'
  const releases = useReleases()
  const hasReleases = definition.dimensions.includes(RELEASE_PROPERTY)
  return (
    <div className="query">
      <div className="query-row">
        <Segments
          name="period"
          label="Period"
          value={question.period}
          options={cohorts ? PERIODS.filter(([name]) => name !== 'hour') : PERIODS}
          onChange={period => onChange({ period })}
        />
        <RangeSelect question={question} onChange={onChange} />
        {breakdowns.length > 0 && (
          <label className="query-field">
            Break down by
            <select value={question.by} onChange={event => onChange({ by: event.target.value || null })}>
              <option value="">None</option>
              {breakdowns.map(one => (
                <option key={one} value={one}>
                  {propertyTitle(one)}
                </option>
              ))}
            </select>
          </label>
        )}
        {(cohorts || (!definition.segments && question.by === '')) && (
          <label className="query-field">
            Compare with
            <select value={question.compare} onChange={event => onChange({ compare: event.target.value || null })}>
              <option value="">Nothing</option>
              {COMPARISONS.map(([value, text]) => (
                <option key={value} value={value}>
                  {cohorts && value === 'previous' ? 'The cohort before' : text}
                </option>
              ))}
              {hasReleases &&
                releases.map(({ version }) => (
                  <option key={version} value={releaseComparison(version)}>
                    Release {version}
                  </option>
                ))}
            </select>
          </label>
        )}
      </div>
      {definition.dimensions.length > 0 && <Filters definition={definition} filters={question.filters} onChange={onChange} />}
    </div>
  )
}

function RangeSelect({ question, onChange }: Omit<ControlsProps, 'definition'>) {
  const { zone } = useProduct()
  const { range, period, from, to } = question
  const today = dayOf(Date.now(), zone)
  const releases = useReleases()
  return (
    <>
      <label className="query-field">
        Range
        <select value={range} onChange={event => onChange({ range: event.target.value || null, from: null, to: null })}>
          <option value="">{DEFAULT_RANGES[period]}</option>
          {RANGES.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
          {releases.map(({ version }) => (
            <option key={version} value={sinceRange(version)}>
              Since release {version}
            </option>
          ))}
        </select>
      </label>
      {range === 'custom' && (
        <>
          <label className="query-field">
            From
            <input type="date" max={to ?? today} value={from ?? ''} onChange={event => onChange({ from: event.target.value || null })} />
          </label>
          <label className="query-field">
            To
            <input type="date" min={from} max={today} value={to ?? ''} onChange={event => onChange({ to: event.target.value || null })} />
          </label>
        </>
      )}
    </>
  )
}
