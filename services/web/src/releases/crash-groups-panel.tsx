import { useData } from '../api/store.ts'
import type { CrashGroup, CrashGroupsAnswer } from '../api/types.ts'
import { SparkLine } from '../charts/spark-line.tsx'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { numbers, Table } from '../components/table.tsx'
import { Exportable } from '../export/exportable.tsx'
import { formatAgo, formatCount, formatCounted } from '../format.ts'

export const crashGroupsPath = (version: string) => `/v1/crash-groups?${new URLSearchParams({ release: version })}`

/** Crashes of the release with the same stack, new ones first. */
export function CrashGroupsPanel({ version }: { readonly version: string }) {
  const path = crashGroupsPath(version)
  const { data, error } = useData<CrashGroupsAnswer>(path, 60_000)
  return (
    <Panel title="Crashes by stack">
      {data ? <Groups groups={data.groups} version={version} /> : <Placeholder data={data} error={error} path={path} lines={4} />}
    </Panel>
  )
}

function Groups({ groups, version }: { readonly groups: readonly CrashGroup[]; readonly version: string }) {
  if (groups.length === 0) return <p className="quiet">No crashes with a stack in {version}.</p>
  const fresh = groups.filter(group => group.is_new).length
  return (
    <>
      <p>
        {formatCounted(groups.length, 'group')}, {formatCount(fresh)} new in this release.
      </p>
      <Exportable file={`release-${version}-crashes`} title={`Crashes of ${version} by stack`} rows={() => rowsOf(groups)}>
        <Table
          label="Groups of crashes"
          columns={['Stack', numbers('Crashes'), numbers('Users, all releases'), 'Releases', 'Last seen', 'Last 14 days']}
        >
          {groups
            .toSorted((a, b) => Number(b.is_new) - Number(a.is_new))
            .map(group => (
              <GroupRow key={group.group} group={group} />
            ))}
        </Table>
      </Exportable>
    </>
  )
}

const rowsOf = (groups: readonly CrashGroup[]) => [
  ['group', 'stack', 'is_new', 'crashes', 'users', 'first_version', 'last_version', 'first_seen', 'last_seen'],
  ...groups.map(one => [
    one.group,
    one.stack,
    one.is_new,
    one.release_count,
    one.users,
    one.first_version,
    one.last_version,
    one.first_seen,
    one.last_seen,
  ]),
]

function GroupRow({ group }: { readonly group: CrashGroup }) {
  const { group: id, stack, is_new, release_count, users, first_version, last_version, last_seen, trend } = group
  return (
    <tr>
      <th scope="row" className="text-cell">
        {is_new && <span className="badge-new">New</span>} <code>{stack ?? `Stack ${id}`}</code>
      </th>
      <td className="number">{formatCount(release_count)}</td>
      <td className="number">{formatCount(users)}</td>
      <td>{first_version === last_version ? first_version : `${first_version} to ${last_version}`}</td>
      <td>{formatAgo(last_seen, Date.now())}</td>
      <td className="crash-trend">
        <span className="sr-only">{trend.join(', ')} crashes a day</span>
        <SparkLine points={trend.map(value => ({ value, complete: true }))} current={trend.length - 1} />
      </td>
    </tr>
  )
}
