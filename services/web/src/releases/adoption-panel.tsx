import type { AdoptionPoint, ReleaseAnswer } from '../api/types.ts'
import { Chart } from '../charts/chart.tsx'
import { Panel } from '../components/panel.tsx'
import { PointTable } from '../components/point-table.tsx'
import { formatCount, formatValue } from '../format.ts'
import type { Series } from '../series.ts'
import { ageText } from './release-text.ts'

/** The shares of sessions and of active users by the age of the release, beside the other release at the same ages. */
export function AdoptionPanel({ release }: { readonly release: ReleaseAnswer }) {
  const { version, adoption } = release
  const series = adoptionSeries(release)
  const [users, sessions] = [total(adoption.own, 'users'), total(adoption.own, 'sessions')]
  const last = adoption.own.at(-1)
  return (
    <Panel title="Adoption">
      {series.rows.length === 0 ? (
        <p className="quiet">No events of {version} have arrived yet.</p>
      ) : (
        <>
          <p>
            {formatCount(sessions)} sessions up to the age of {ageText(release.age_days)}; in the last{' '}
            {adoption.step_seconds === 3_600 ? 'hour' : 'day'} {formatValue(last?.share_sessions, 'ratio')} of sessions and{' '}
            {formatValue(last?.share_users, 'ratio')} of active users
            {users > 0 ? '.' : ', which carry no user.'}
          </p>
          <Chart series={series} unit="ratio" title="Adoption" />
          <details>
            <summary>Table</summary>
            <PointTable series={series} unit="ratio" caption={`Adoption of ${version} by age`} />
          </details>
        </>
      )}
    </Panel>
  )
}

const total = (points: readonly AdoptionPoint[], of: 'users' | 'sessions') => points.reduce((sum, point) => sum + point[of], 0)

function adoptionSeries({ version, against, date, adoption, age_days }: ReleaseAnswer): Series {
  const step = adoption.step_seconds * 1_000
  const unit = step === 3_600_000 ? 'Hour' : 'Day'
  const sharesByAge = (points: readonly AdoptionPoint[]) => {
    const first = points === adoption.own ? Date.parse(date) : undefined
    const begin = first ?? Date.parse(points[0]?.from ?? date)
    return new Map(points.map(point => [Math.round((Date.parse(point.from) - begin) / step), point]))
  }
  const [own, other] = [sharesByAge(adoption.own), sharesByAge(adoption.against)]
  const count = Math.max(-1, ...own.keys(), ...other.keys()) + 1
  const lines = [
    [`${version}: sessions`, own, 'share_sessions'],
    [`${version}: users`, own, 'share_users'],
    ...(against === null
      ? []
      : ([
          [`${against}: sessions`, other, 'share_sessions'],
          [`${against}: users`, other, 'share_users'],
        ] as const)),
  ] as const
  return {
    names: lines.map(([name]) => name),
    rows: Array.from({ length: count }, (_, index) => ({
      from: new Date(Date.parse(date) + index * step).toISOString(),
      label: `${unit} ${index + 1}`,
      span: `${unit} ${index + 1}`,
      complete: (index + 1) * step <= age_days * 86_400_000 + 1_000,
      soFar: (index + 1) * step <= age_days * 86_400_000 + 1_000 ? '' : 'so far',
      values: lines.map(([, points, share]) => points.get(index)?.[share] ?? null),
      targets: lines.map(() => null),
    })),
    hasTarget: false,
  }
}
