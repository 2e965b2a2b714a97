import { useData } from '../api/store.ts'
import type { ListedRelease, ReleasesAnswer } from '../api/types.ts'
import { PageHead } from '../components/page-head.tsx'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { numbers, Table } from '../components/table.tsx'
import { useProduct } from '../context.ts'
import { Exportable } from '../export/exportable.tsx'
import { formatCount, formatCounted, formatDate, formatPercent, formatValue, humanize } from '../format.ts'
import { ReleaseVerdict } from '../releases/release-verdict.tsx'
import { RELEASES_PATH } from '../releases/use-releases.ts'
import { Link } from '../router.tsx'

const REFRESH_MS = 60_000

export function ReleasesPage() {
  const { data, error } = useData<ReleasesAnswer>(RELEASES_PATH, REFRESH_MS)
  return (
    <>
      <PageHead
        title="Releases"
        lead="The newest release first. Each is judged by its crash-free sessions, compared with the previous release at the same age."
      />
      {data ? <ReleaseList releases={data.releases} /> : <Placeholder data={data} error={error} path={RELEASES_PATH} tall lines={4} />}
    </>
  )
}

function ReleaseList({ releases }: { readonly releases: readonly ListedRelease[] }) {
  if (releases.length === 0)
    return (
      <p className="panel">
        No releases yet. A release appears with the first event that names its version, or on its date in <code>releases.yaml</code>.
      </p>
    )
  return (
    <Panel title={formatCounted(releases.length, 'release')}>
      <Exportable file="releases" title="Releases" rows={() => rowsOf(releases)}>
        <Table
          label="Releases"
          columns={[
            'Release',
            'Compared with the previous release',
            numbers('Crash-free sessions'),
            numbers('Crash-free users'),
            'Sessions, last 7 days',
            numbers('Sessions in total'),
            'Out since',
          ]}
        >
          {releases.map((release, index) => (
            <ReleaseRow key={release.version} release={release} isFirst={index === releases.length - 1} />
          ))}
        </Table>
      </Exportable>
    </Panel>
  )
}

const rowsOf = (releases: readonly ListedRelease[]) => [
  ['version', 'date', 'stage', 'rollout', 'verdict', 'crash_free_sessions', 'crash_free_users', 'share', 'sessions', 'users'],
  ...releases.map(one => [
    one.version,
    one.date,
    one.stage,
    one.rollout,
    one.verdict,
    one.crash_free_sessions,
    one.crash_free_users,
    one.share,
    one.sessions,
    one.users,
  ]),
]

function ReleaseRow({ release, isFirst }: { readonly release: ListedRelease; readonly isFirst: boolean }) {
  const { zone } = useProduct()
  const { version, stage, rollout, share, sessions, verdict, date } = release
  return (
    <tr>
      <th scope="row">
        <Link href={`/releases/${encodeURIComponent(version)}`}>{version}</Link>
        {stage && (
          <span className="quiet">
            {' '}
            {humanize(stage)}
            {rollout !== null && ` ${formatPercent(rollout)}`}
          </span>
        )}
      </th>
      <td>{isFirst ? <span className="quiet">First release</span> : <ReleaseVerdict verdict={verdict} />}</td>
      <td className="number">{formatValue(release.crash_free_sessions, 'ratio')}</td>
      <td className="number">{formatValue(release.crash_free_users, 'ratio')}</td>
      <td>
        <span className="share">
          <meter className="share-bar" value={share ?? 0} aria-hidden="true" />
          {formatValue(share, 'ratio')}
        </span>
      </td>
      <td className="number">{formatCount(sessions)}</td>
      <td>{formatDate(date, zone)}</td>
    </tr>
  )
}
