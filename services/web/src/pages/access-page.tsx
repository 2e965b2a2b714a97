import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { reload, useAll, useData } from '../api/store.ts'
import type { AuditEntry, Key, Role, User } from '../api/types.ts'
import { CopyBlock } from '../components/copy-block.tsx'
import { PageHead } from '../components/page-head.tsx'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { numbers, Table } from '../components/table.tsx'
import { useMutation } from '../components/use-mutation.ts'
import { useProduct } from '../context.ts'
import { Exportable } from '../export/exportable.tsx'
import { formatCount, formatDate, formatTime, humanize } from '../format.ts'
import { SESSIONS, SessionsPanel } from '../panels/sessions-panel.tsx'
import { ROLE_NAMES, ROLE_RIGHTS } from '../role-names.ts'

const USERS = '/v1/users'
const KEYS = '/v1/keys'
const AUDIT = '/v1/audit?limit=50'
const REFRESH_MS = 60_000
const DAY_MS = 86_400_000

const ROLES = Object.keys(ROLE_NAMES) as readonly Role[]
/** Only events of production keys are stored. */
const KINDS = {
  production: 'Write events',
  staging: 'Write events, staging: not stored',
  test: 'Write events, test: not stored',
  read: 'Read metrics',
} as const

export function AccessPage() {
  // Shown together: a list that loads later would move the panels below it.
  const answers = useAll([USERS, KEYS, SESSIONS, AUDIT], REFRESH_MS)
  const loaded = answers.every(({ data, error }) => data !== undefined || error !== undefined)
  return (
    <>
      <PageHead title="Access" lead="Users and their roles, API keys, sessions and the audit log." />
      {loaded ? (
        <div className="grid">
          <Users />
          <Keys />
          <SessionsPanel />
          <Audit />
        </div>
      ) : (
        <Skeleton lines={12} />
      )}
    </>
  )
}

function Users() {
  const { data, error } = useData<{ readonly users: readonly User[] }>(USERS, REFRESH_MS)
  const { problem, mutate } = useMutation([USERS, AUDIT])
  const [link, setLink] = useState<string>()
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const given = new FormData(form)
    const made = await mutate(
      api<{ readonly link: string }>(USERS, {
        method: 'POST',
        body: { name: String(given.get('name')), role: given.get('role'), sensitive: given.has('sensitive') },
      }),
    )
    if (!made) return
    form.reset()
    setLink(location.origin + made.link)
  }
  return (
    <Panel title="Users" width="half">
      {error && !data && <ErrorMessage error={error} onRetry={() => void reload(USERS)} />}
      {data?.users.length === 0 && <p className="quiet">No users. Only the admin token grants access.</p>}
      <ul className="rows">
        {data?.users.map(user => (
          <UserRow key={user.name} user={user} mutate={mutate} />
        ))}
      </ul>
      {problem && <ErrorMessage error={problem} />}
      {link && (
        <div className="made" role="status">
          <p>Send this link to the user. It works once; they choose a password after signing in:</p>
          <CopyBlock text={link} label="Copy the link" />
        </div>
      )}
      <form className="inline-form" onSubmit={event => void add(event)}>
        <label className="field">
          Name
          <input name="name" required maxLength={64} autoComplete="off" spellCheck={false} />
        </label>
        <label className="field field-wide">
          Role
          <select name="role" defaultValue="read">
            {ROLES.map(role => (
              <option key={role} value={role}>
                {ROLE_NAMES[role]}: {ROLE_RIGHTS[role]}
              </option>
            ))}
          </select>
        </label>
        <label className="check">
          <input type="checkbox" name="sensitive" /> Sees sensitive properties
        </label>
        <button type="submit" className="button">
          Invite
        </button>
      </form>
    </Panel>
  )
}

interface UserRowProps {
  readonly user: User
  readonly mutate: ReturnType<typeof useMutation>['mutate']
}

function UserRow({ user, mutate }: UserRowProps) {
  const { zone } = useProduct()
  const { name, role, sensitive, created_at } = user
  return (
    <li>
      <div>
        <p>
          <strong>{name}</strong>
        </p>
        <p className="quiet">
          {sensitive && 'Sees sensitive properties · '}created {formatDate(created_at, zone)}
        </p>
      </div>
      <select
        aria-label={`Role of ${name}`}
        value={role}
        onChange={event =>
          void mutate(api(`${USERS}/${encodeURIComponent(name)}`, { method: 'PATCH', body: { role: event.target.value } }))
        }
      >
        {ROLES.map(one => (
          <option key={one} value={one}>
            {ROLE_NAMES[one]}
          </option>
        ))}
      </select>
      <button
        type="button"
        className="button button-small"
        onClick={() => void mutate(api(`${USERS}/${encodeURIComponent(name)}`, { method: 'DELETE' }))}
        aria-label={`Remove ${name}`}
      >
        Remove
      </button>
    </li>
  )
}

function Keys() {
  const { data, error } = useData<{ readonly keys: readonly Key[] }>(KEYS, REFRESH_MS)
  const { problem, mutate } = useMutation([KEYS, AUDIT])
  const [made, setMade] = useState<string>()
  const { zone } = useProduct()
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const given = new FormData(form)
    const answer = await mutate(api<{ readonly key: string }>(KEYS, { method: 'POST', body: keyOf(given) }))
    if (!answer) return
    form.reset()
    setMade(answer.key)
  }
  return (
    <Panel title="API keys" width="half">
      {error && !data && <ErrorMessage error={error} onRetry={() => void reload(KEYS)} />}
      {data?.keys.length === 0 && <p className="quiet">No keys besides the configured one.</p>}
      <ul className="rows">
        {data?.keys.map(key => (
          <li key={key.id}>
            <div>
              <p>
                <strong>{key.name}</strong>
              </p>
              <p className="quiet">{describeKey(key, zone)}</p>
            </div>
            <button
              type="button"
              className="button button-small"
              onClick={() => void mutate(api(`${KEYS}/${encodeURIComponent(key.id)}`, { method: 'DELETE' }))}
              aria-label={`Delete the key ${key.name}`}
            >
              Delete
            </button>
          </li>
        ))}
      </ul>
      {problem && <ErrorMessage error={problem} />}
      {made && (
        <div className="made" role="status">
          <p>Copy the key now. It is not shown again.</p>
          <CopyBlock text={made} label="Copy the key" />
        </div>
      )}
      <KeyForm onSubmit={event => void add(event)} />
    </Panel>
  )
}

function KeyForm({ onSubmit }: { readonly onSubmit: (event: FormEvent<HTMLFormElement>) => void }) {
  return (
    <form className="inline-form" onSubmit={onSubmit}>
      <label className="field">
        Name
        <input name="name" required maxLength={100} autoComplete="off" />
      </label>
      <label className="field field-wide">
        Permission
        <select name="kind" defaultValue="production">
          {Object.entries(KINDS).map(([kind, words]) => (
            <option key={kind} value={kind}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label className="field field-wide">
        Events outside the tracking plan
        <select name="mode" defaultValue="">
          {Object.entries(MODES).map(([mode, words]) => (
            <option key={mode} value={mode}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        Expires after (days)
        <input name="days" type="number" min={1} max={3650} placeholder="never" />
      </label>
      <label className="field">
        Maximum users per day
        <input name="users" type="number" min={1} max={1_000_000} placeholder="no limit" />
      </label>
      <button type="submit" className="button">
        Create key
      </button>
    </form>
  )
}

const MODES = {
  '': 'As the plan says',
  reject: 'Reject',
  quarantine: 'Quarantine',
  accept: 'Accept without unknown properties',
} as const

function keyOf(given: FormData) {
  const [name, kind, days] = [String(given.get('name')), String(given.get('kind')), Number(given.get('days'))]
  if (kind === 'read') return { kind, name }
  const expiry = days > 0 && { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() }
  const [mode, users] = [String(given.get('mode')), Number(given.get('users'))]
  const limits = { ...(mode !== '' && { on_violation: mode }), ...(users > 0 && { users_per_day: users }) }
  return { kind: 'write', name, environment: kind, ...expiry, ...limits }
}

function describeKey(key: Key, zone: string): string {
  const { kind, environment, on_violation, users_per_day, created_at, expires_at, last_used_at, accepted, rejected } = key
  if (kind === 'read') return `${KINDS.read} · created ${formatDate(created_at, zone)}`
  return [
    KINDS[environment ?? 'production'],
    on_violation && MODES[on_violation],
    users_per_day && `${formatCount(users_per_day)} users per day at most`,
    `created ${formatDate(created_at, zone)}`,
    expires_at && `expires ${formatDate(expires_at, zone)}`,
    last_used_at
      ? `last used ${formatTime(last_used_at, zone)} · in 30 days ${formatCount(accepted ?? 0)} accepted, ${formatCount(rejected ?? 0)} rejected`
      : 'never used',
  ]
    .filter(Boolean)
    .join(' · ')
}

function Audit() {
  const { data, error } = useData<{ readonly entries: readonly AuditEntry[] }>(AUDIT, REFRESH_MS)
  const { zone } = useProduct()
  return (
    <Panel title="Audit log">
      {error && !data && <ErrorMessage error={error} onRetry={() => void reload(AUDIT)} />}
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
