import { reload, useData } from '../api/store.ts'
import type { ListedRelease, ReleasesAnswer } from '../api/types.ts'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { useProduct } from '../context.ts'
import { formatCount, formatDate, formatPercent, formatValue, humanize } from '../format.ts'
import { ReleaseVerdict } from '../releases/release-verdict.tsx'
import { RELEASES_PATH } from '../releases/use-releases.ts'
import { Link } from '../router.tsx'
import { useTitle } from '../use-title.ts'

const REFRESH_MS = 60_000

export function ReleasesPage() {
  useTitle('Releases')
  const { data, error } = useData<ReleasesAnswer>(RELEASES_PATH, REFRESH_MS)
  return (
    <>
      <header className="page-head">
        <div>
          <h1>Releases</h1>
          <p className="lead">
            The newest release first. Each is judged by its crash-free sessions, compared with the previous release at the same age.
          </p>
        </div>
      </header>
      {data ? (
        <ReleaseList releases={data.releases} />
      ) : error ? (
        <ErrorMessage error={error} onRetry={() => void reload(RELEASES_PATH)} />
      ) : (
        <Skeleton tall lines={4} />
      )}
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
    <Panel title={`${formatCount(releases.length)} ${releases.length === 1 ? 'release' : 'releases'}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="table-frame" tabIndex={0} aria-label="Releases">
        <table className="table releases">
          <thead>
            <tr>
              <th scope="col">Release</th>
              <th scope="col">Compared with the previous release</th>
              <th scope="col" className="number">
                Crash-free sessions
              </th>
              <th scope="col" className="number">
                Crash-free users
              </th>
              <th scope="col">Sessions, last 24 h</th>
              <th scope="col" className="number">
                Sessions, all
              </th>
              <th scope="col">Out since</th>
            </tr>
          </thead>
          <tbody>
            {releases.map(release => (
              <ReleaseRow key={release.version} release={release} />
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  )
}

function ReleaseRow({ release }: { readonly release: ListedRelease }) {
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
      <td>
        <ReleaseVerdict verdict={verdict} />
      </td>
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
