import type { ComparedMetric, ReleaseAnswer, Unit } from '../api/types.ts'
import { Panel } from '../components/panel.tsx'
import { numbers, Table } from '../components/table.tsx'
import { useProduct } from '../context.ts'
import { Exportable } from '../export/exportable.tsx'
import { formatCount, formatDifference, formatValue } from '../format.ts'
import { Link } from '../router.tsx'
import { memberText } from './release-text.ts'
import { ReleaseVerdict } from './release-verdict.tsx'

/** Every proportion and percentile of both releases at the same age, as a whole and by platform. */
export function ComparisonPanel({ release }: { readonly release: ReleaseAnswer }) {
  const { version, against, metrics } = release
  const measured = metrics.filter(one => one.sample > 0 || one.against.sample > 0)
  const comparison = against === null ? [] : [numbers(against), numbers('Difference, 95% interval'), 'Verdict']
  const columns = ['Metric', numbers(version), ...comparison]
  const absent = new Set(metrics.map(one => one.metric)).size - new Set(measured.map(one => one.metric)).size
  const title = against === null ? `Quality of ${version}` : `Quality of ${version} compared with ${against} at the same age`
  return (
    <Panel title={against === null ? 'Quality' : `Quality compared with ${against} at the same age`}>
      <Exportable file={`release-${version}-quality`} title={title} rows={() => comparisonRows(measured)}>
        <Table label="Comparison" columns={columns}>
          {measured.map(one => (
            <ComparisonRow key={one.metric + JSON.stringify(one.by)} compared={one} alone={against === null} />
          ))}
        </Table>
      </Exportable>
      <p className="quiet">
        {against !== null && 'Proportions by Newcombe’s score interval, percentiles by order statistics. '}
        {absent > 0 &&
          `${formatCount(absent)} ${absent === 1 ? 'metric was' : 'metrics were'} not measured${against === null ? '' : ' in either release'}.`}
      </p>
    </Panel>
  )
}

const comparisonRows = (metrics: readonly ComparedMetric[]) => [
  ['metric', 'member', 'value', 'sample', 'against_value', 'against_sample', 'interval_low', 'interval_high', 'verdict'],
  ...metrics.map(one => {
    const { metric, value, sample, against, interval, verdict } = one
    return [metric, memberText(one), value, sample, against.value, against.sample, interval?.[0], interval?.[1], verdict]
  }),
]

function ComparisonRow({ compared, alone }: { readonly compared: ComparedMetric; readonly alone: boolean }) {
  const { metrics } = useProduct()
  const { metric, by, value, sample, against, interval, verdict } = compared
  const definition = metrics.get(metric)
  const unit = definition?.unit ?? 'number'
  const [low, high] = interval ?? []
  return (
    <tr className={by ? 'comparison-member' : undefined}>
      <th scope="row">
        {by ? (
          <>
            <span className="sr-only">{definition?.title ?? metric}, </span>
            {memberText(compared)}
          </>
        ) : (
          <Link href={`/metrics/${metric}`}>{definition?.title ?? metric}</Link>
        )}
      </th>
      <td className="number">
        {formatValue(value, unit)} <span className="quiet">of {formatCount(sample)}</span>
      </td>
      {!alone && (
        <>
          <td className="number">
            {formatValue(against.value, unit)} <span className="quiet">of {formatCount(against.sample)}</span>
          </td>
          <td className="number">
            {low === undefined || high === undefined ? '–' : `${difference(low, unit)} to ${difference(high, unit)}`}
          </td>
          <td>
            <ReleaseVerdict verdict={verdict} />
          </td>
        </>
      )}
    </tr>
  )
}

const difference = (value: number, unit: Unit) => formatDifference(value, unit, value) ?? '0'

/** How much both releases were used. */
export function VolumesPanel({ release }: { readonly release: ReleaseAnswer }) {
  const { metrics } = useProduct()
  const { version, against, volumes } = release
  const measured = volumes.filter(one => (one.value ?? 0) > 0 || (one.against.value ?? 0) > 0)
  if (measured.length === 0) return null
  const title = against === null ? `Use of ${version}` : `Use of ${version} and ${against} at the same age`
  return (
    <Panel title={against === null ? 'Use' : 'Use at the same age'}>
      <Exportable file={`release-${version}-use`} title={title} rows={() => volumeRows(measured)}>
        <Table label="Use by metric" columns={['Metric', numbers(version), ...(against === null ? [] : [numbers(against)])]}>
          {measured.map(one => (
            <tr key={one.metric + JSON.stringify(one.by)} className={one.by ? 'comparison-member' : undefined}>
              <th scope="row">{one.by ? memberText(one) : (metrics.get(one.metric)?.title ?? one.metric)}</th>
              <td className="number">{formatValue(one.value, 'count')}</td>
              {against !== null && <td className="number">{formatValue(one.against.value, 'count')}</td>}
            </tr>
          ))}
        </Table>
      </Exportable>
    </Panel>
  )
}

const volumeRows = (volumes: ReleaseAnswer['volumes']) => [
  ['metric', 'member', 'value', 'against_value'],
  ...volumes.map(one => [one.metric, memberText(one), one.value, one.against.value]),
]
