import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { reload, useAll, useData } from '../api/store.ts'
import { CopyBlock } from '../components/copy-block.tsx'
import { Panel, Skeleton, Trouble } from '../components/panel.tsx'
import { useDeed } from '../components/use-deed.ts'
import { useProduct } from '../context.ts'
import { formatDate, formatTime, humanize } from '../format.ts'

const USERS = '/v1/users'
const KEYS = '/v1/keys'
const AUDIT = '/v1/audit?limit=50'
const REFRESH_MS = 60_000

interface User {
  readonly name: string
  readonly role: 'admin' | 'read'
  readonly has_password: boolean
  readonly created_at: string
}

interface Key {
  readonly id: string
  readonly kind: 'write' | 'read'
  readonly name: string
  readonly created_at: string
}

interface AuditEntry {
  readonly at: string
  readonly who: string
  readonly via: string
  readonly what: string
  readonly status?: number
}

const ROLES = { admin: 'Full access', read: 'Read-only' } as const
const KINDS = { write: 'Sends events', read: 'Reads metrics' } as const

export function AccessPage() {
  // Shown at once: a list that comes later would push what lies below it.
  const answers = useAll([USERS, KEYS, AUDIT], REFRESH_MS)
  const come = answers.every(({ data, error }) => data !== undefined || error !== undefined)
  return (
    <>
      <header className="page-head">
        <div>
          <h1>Access</h1>
          <p className="lead">Who may come in, the keys of programs, and what was done.</p>
        </div>
      </header>
      {come ? (
        <div className="grid">
          <People />
          <Keys />
          <Audit />
        </div>
      ) : (
        <Skeleton lines={12} />
      )}
    </>
  )
}

function People() {
  const { data, error } = useData<{ readonly users: readonly User[] }>(USERS, REFRESH_MS)
  const { problem, act } = useDeed([USERS, AUDIT])
  const [link, setLink] = useState<string>()
  const { zone } = useProduct()
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const given = new FormData(form)
    const made = await act(
      api<{ readonly link: string }>(USERS, { method: 'POST', body: { name: String(given.get('name')), role: given.get('role') } }),
    )
    if (!made) return
    form.reset()
    setLink(location.origin + made.link)
  }
  return (
    <Panel title="People" width="half">
      {error && !data && <Trouble error={error} onRetry={() => void reload(USERS)} />}
      {data?.users.length === 0 && <p className="quiet">Nobody yet: only who has the admin token comes in.</p>}
      <ul className="rows">
        {data?.users.map(({ name, role, created_at }) => (
          <li key={name}>
            <div>
              <p>
                <strong>{name}</strong>
              </p>
              <p className="quiet">
                {ROLES[role]} · since {formatDate(created_at, zone)}
              </p>
            </div>
            <button
              type="button"
              className="button button-small"
              onClick={() => void act(api(`${USERS}/${encodeURIComponent(name)}`, { method: 'DELETE' }))}
              aria-label={`Remove ${name}`}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      {problem && <Trouble error={problem} />}
      {link && (
        <div className="made" role="status">
          <p>Give them this link. It opens once, and they choose a password:</p>
          <CopyBlock text={link} label="Copy the link" />
        </div>
      )}
      <form className="inline-form" onSubmit={event => void add(event)}>
        <label className="field">
          Name
          <input name="name" required maxLength={64} autoComplete="off" spellCheck={false} />
        </label>
        <label className="field">
          Role
          <select name="role" defaultValue="read">
            <option value="read">{ROLES.read}</option>
            <option value="admin">{ROLES.admin}</option>
          </select>
        </label>
        <button type="submit" className="button">
          Invite
        </button>
      </form>
    </Panel>
  )
}

function Keys() {
  const { data, error } = useData<{ readonly keys: readonly Key[] }>(KEYS, REFRESH_MS)
  const { problem, act } = useDeed([KEYS, AUDIT])
  const [made, setMade] = useState<string>()
  const { zone } = useProduct()
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const given = new FormData(form)
    const answer = await act(
      api<{ readonly key: string }>(KEYS, { method: 'POST', body: { kind: given.get('kind'), name: String(given.get('name')) } }),
    )
    if (!answer) return
    form.reset()
    setMade(answer.key)
  }
  return (
    <Panel title="Keys" width="half">
      {error && !data && <Trouble error={error} onRetry={() => void reload(KEYS)} />}
      {data?.keys.length === 0 && <p className="quiet">None besides the one of the settings.</p>}
      <ul className="rows">
        {data?.keys.map(({ id, kind, name, created_at }) => (
          <li key={id}>
            <div>
              <p>
                <strong>{name}</strong>
              </p>
              <p className="quiet">
                {KINDS[kind]} · since {formatDate(created_at, zone)}
              </p>
            </div>
            <button
              type="button"
              className="button button-small"
              onClick={() => void act(api(`${KEYS}/${encodeURIComponent(id)}`, { method: 'DELETE' }))}
              aria-label={`Delete the key ${name}`}
            >
              Delete
            </button>
          </li>
        ))}
      </ul>
      {problem && <Trouble error={problem} />}
      {made && (
        <div className="made" role="status">
          <p>Copy it now: it is not shown again.</p>
          <CopyBlock text={made} label="Copy the key" />
        </div>
      )}
      <form className="inline-form" onSubmit={event => void add(event)}>
        <label className="field">
          What it is for
          <input name="name" required maxLength={100} autoComplete="off" />
        </label>
        <label className="field">
          Kind
          <select name="kind" defaultValue="write">
            <option value="write">{KINDS.write}</option>
            <option value="read">{KINDS.read}</option>
          </select>
        </label>
        <button type="submit" className="button">
          Make a key
        </button>
      </form>
    </Panel>
  )
}

function Audit() {
  const { data, error } = useData<{ readonly entries: readonly AuditEntry[] }>(AUDIT, REFRESH_MS)
  const { zone } = useProduct()
  return (
    <Panel title="What was done">
      {error && !data && <Trouble error={error} onRetry={() => void reload(AUDIT)} />}
      {data?.entries.length === 0 && <p className="quiet">Nothing yet. Sign-ins and changes are listed here, the newest first.</p>}
      {data && data.entries.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="table-frame" tabIndex={0} aria-label="Audit">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col" className="number">
                  Answer
                </th>
              </tr>
            </thead>
            <tbody>
              {data.entries.map(({ at, who, via, what, status }) => (
                <tr key={at + who + what}>
                  <td>{formatTime(at, zone)}</td>
                  <td>
                    {who} <span className="quiet">by {via}</span>
                  </td>
                  <td>{/^[A-Z]/.test(what) ? <code>{what}</code> : humanize(what)}</td>
                  <td className="number">{status ?? ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Panel>
  )
}
