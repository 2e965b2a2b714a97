import { useData } from '../api/store.ts'
import type { Answer, AuditEntry, routes } from '../api/types.ts'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { numbers, Table } from '../components/table.tsx'
import { useProduct } from '../context.ts'
import { Exportable } from '../export/exportable.tsx'
import { formatTime, humanize } from '../format.ts'

export const AUDIT = '/v1/audit?limit=50'
/** The interval at which the panels of access are read again, ms. */
export const REFRESH_MS = 60_000

/** The newest entries of the audit log. */
export function AuditPanel() {
  const { data, error } = useData<Answer<typeof routes.audit.list>>(AUDIT, REFRESH_MS)
  const { zone } = useProduct()
  return (
    <Panel title="Audit log">
      <Placeholder data={data} error={error} path={AUDIT} lines={6} />
      {data?.entries.length === 0 && <p className="quiet">No entries.</p>}
      {data && data.entries.length > 0 && (
        <Exportable file="audit-log" title="Audit log" rows={() => rowsOf(data.entries)}>
          <Table label="Audit entries" columns={['Time', 'User', 'Action', numbers('Status')]}>
            {data.entries.map(({ at, who, via, what, status }) => (
              <tr key={at + who + what}>
                <td>{formatTime(at, zone)}</td>
                <td>
                  {who} <span className="quiet">({via})</span>
                </td>
                <td>{/^[A-Z]/.test(what) ? <code>{what}</code> : humanize(what)}</td>
                <td className="number">{status ?? ''}</td>
              </tr>
            ))}
          </Table>
        </Exportable>
      )}
    </Panel>
  )
}

const rowsOf = (entries: readonly AuditEntry[]) => [
  ['at', 'who', 'via', 'what', 'status'],
  ...entries.map(({ at, who, via, what, status }) => [at, who, via, what, status]),
]
