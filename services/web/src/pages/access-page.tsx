import { useAll } from '../api/store.ts'
import { PageHead } from '../components/page-head.tsx'
import { Skeleton } from '../components/panel.tsx'
import { AUDIT, AuditPanel, REFRESH_MS } from '../panels/audit-panel.tsx'
import { KEYS, KeysPanel } from '../panels/keys-panel.tsx'
import { SESSIONS, SessionsPanel } from '../panels/sessions-panel.tsx'
import { USERS, UsersPanel } from '../panels/users-panel.tsx'

export function AccessPage() {
  // Shown together: a list that loads later would move the panels below it.
  const answers = useAll([USERS, KEYS, SESSIONS, AUDIT], REFRESH_MS)
  const loaded = answers.every(({ data, error }) => data !== undefined || error !== undefined)
  return (
    <>
      <PageHead title="Access" lead="Users and their roles, API keys, sessions and the audit log." />
      {loaded ? (
        <div className="grid">
          <UsersPanel />
          <KeysPanel />
          <SessionsPanel />
          <AuditPanel />
        </div>
      ) : (
        <Skeleton lines={12} />
      )}
    </>
  )
}
