import type { AdoptionPoint, ReleaseAnswer } from '../api/types.ts'
import { Chart } from '../charts/chart.tsx'
import { Panel } from '../components/panel.tsx'
import { PointTable } from '../components/point-table.tsx'
import { Exportable } from '../export/exportable.tsx'
import { rowsOf } from '../export/series-rows.ts'
import { formatValue } from '../format.ts'
import type { Series } from '../series.ts'

/** The shares of sessions and of active users by the age of the release, with those of the other release. */
export function AdoptionPanel({ release }: { readonly release: ReleaseAnswer }) {
  const { version } = release
  const series = adoptionSeries(release)
  return (
    <Panel title="Adoption">
      {series.rows.length === 0 ? (
        <p className="quiet">No events of {version} have arrived yet.</p>
      ) : (
        <>
          <p>{lastStepText(release)}</p>
          <Exportable file={`release-${version}-adoption`} title={`Adoption of ${version} by age`} rows={() => rowsOf(series)}>
            <Chart series={series} unit="ratio" title="Adoption" />
            <details>
              <summary>Table</summary>
              <PointTable series={series} unit="ratio" caption={`Adoption of ${version} by age`} />
            </details>
          </Exportable>
        </>
      )}
    </Panel>
  )
}

/** The use in the last whole step of the release's life, or in the running one of a release that is younger. */
function lastStepText({ version, date, age_days, adoption: { own, step_seconds } }: ReleaseAnswer): string {
  const whole = Date.parse(date) + Math.floor((age_days * 86_400) / step_seconds) * step_seconds * 1_000
  const last = own.findLast(({ from }) => Date.parse(from) < whole) ?? own.at(-1)
  if (!last) return `No events of ${version} have arrived yet.`
  const step = step_seconds === 3_600 ? 'In hour' : 'On day'
  const number = Math.round((Date.parse(last.from) - Date.parse(date)) / (step_seconds * 1_000)) + 1
  const shares = [
    ...(last.share_sessions === null ? [] : [`${formatValue(last.share_sessions, 'ratio')} of sessions`]),
    ...(last.share_users === null ? [] : [`${formatValue(last.share_users, 'ratio')} of active users`]),
  ]
  if (shares.length === 0) return `${step} ${number} of the release, nobody used any version.`
  return `${step} ${number} of the release, ${shares.join(' and ')} used ${version}.`
}

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
