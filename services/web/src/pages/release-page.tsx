import { useData } from '../api/store.ts'
import type { ReleaseAnswer, ReleasesAnswer } from '../api/types.ts'
import { PageHead } from '../components/page-head.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { useProduct } from '../context.ts'
import { formatDate, formatPercent, humanize } from '../format.ts'
import { AdoptionPanel } from '../releases/adoption-panel.tsx'
import { ComparisonPanel, VolumesPanel } from '../releases/comparison-panel.tsx'
import { CrashGroupsPanel, crashGroupsPath } from '../releases/crash-groups-panel.tsx'
import { GatePanel } from '../releases/gate-panel.tsx'
import { SummaryPanel } from '../releases/summary-panel.tsx'
import { RELEASES_PATH } from '../releases/use-releases.ts'
import { useParameter } from '../router.tsx'

const REFRESH_MS = 60_000

export function ReleasePage({ version }: { readonly version: string }) {
  const [against, setAgainst] = useParameter('against')
  const query = against ? `?${new URLSearchParams({ against })}` : ''
  const base = `/v1/releases/${encodeURIComponent(version)}`
  const { data, error } = useData<ReleaseAnswer>(base + query, REFRESH_MS)
  const gatePath = `${base}/gate${query}`
  // The panels appear together: one that came later would move those below it.
  const parts = [useData(gatePath, REFRESH_MS), useData(crashGroupsPath(version), REFRESH_MS)]
  const isComplete = parts.every(part => part.data !== undefined || part.error !== undefined)
  return (
    <>
      <PageHead title={`Release ${version}`} lead={data && <About release={data} />} parent={{ href: '/releases', text: 'Releases' }}>
        {data?.against && <Against version={version} against={data.against} onChange={setAgainst} />}
      </PageHead>
      {data && isComplete ? (
        <div className="grid">
          <SummaryPanel release={data} />
          <GatePanel path={gatePath} width="half" />
          <AdoptionPanel release={data} />
          <ComparisonPanel release={data} />
          <CrashGroupsPanel version={version} />
          <VolumesPanel release={data} />
        </div>
      ) : (
        <Placeholder data={isComplete && data} error={error} path={base + query} tall lines={8} />
      )}
    </>
  )
}

function About({ release: { date, stage, rollout, notes } }: { readonly release: ReleaseAnswer }) {
  const { zone } = useProduct()
  return (
    <>
      {stage && `${humanize(stage)}${rollout === null ? '' : ` (${formatPercent(rollout)})`} · `}Out since {formatDate(date, zone)}
      {notes && (
        <>
          {' · '}
          <a href={notes} rel="noreferrer">
            Release notes
          </a>
        </>
      )}
    </>
  )
}

interface AgainstProps {
  readonly version: string
  readonly against: string
  readonly onChange: (version: string) => void
}

function Against({ version, against, onChange }: AgainstProps) {
  const { data } = useData<ReleasesAnswer>(RELEASES_PATH)
  const others = (data?.releases ?? []).map(one => one.version).filter(one => one !== version)
  return (
    <label className="query-field">
      Compare with
      <select value={against} onChange={event => onChange(event.target.value)}>
        {[...new Set([against, ...others])].map(one => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  )
}
