import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { useData } from '../api/store.ts'
import type { Answer, Key, routes } from '../api/types.ts'
import { ConfirmButton } from '../components/confirm-button.tsx'
import { CopyBlock } from '../components/copy-block.tsx'
import { ErrorMessage, Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Row } from '../components/row.tsx'
import { useMutation } from '../components/use-mutation.ts'
import { useProduct } from '../context.ts'
import { formatCount, formatDate, formatTime } from '../format.ts'
import { AUDIT, REFRESH_MS } from './audit-panel.tsx'

export const KEYS = '/v1/keys'
const DAY_MS = 86_400_000
/** Only events of production keys are stored. */
const KINDS = {
  production: 'Write events',
  staging: 'Write events, staging: not stored',
  test: 'Write events, test: not stored',
  read: 'Read metrics',
} as const
const FIRST_KIND = 'production'

/** API keys, and the form that creates one. */
export function KeysPanel() {
  const { data, error } = useData<Answer<typeof routes.keys.list>>(KEYS, REFRESH_MS)
  const { problem, mutate } = useMutation([KEYS, AUDIT])
  const [made, setMade] = useState<string>()
  const { zone } = useProduct()
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const given = new FormData(form)
    const answer = await mutate(api<Answer<typeof routes.keys.create>>(KEYS, { method: 'POST', body: keyOf(given) }))
    if (!answer) return
    form.reset()
    setMade(answer.key)
  }
  const remove = ({ id }: Key) => {
    setMade(undefined)
    void mutate(api(`${KEYS}/${encodeURIComponent(id)}`, { method: 'DELETE' }))
  }
  return (
    <Panel title="API keys" width="half">
      <Placeholder data={data} error={error} path={KEYS} lines={3} />
      {data?.keys.length === 0 && <p className="quiet">No keys besides the configured one.</p>}
      <ul className="rows">
        {data?.keys.map(key => (
          <Row key={key.id} name={key.name} aside={<DeleteButton name={key.name} onConfirm={() => remove(key)} />}>
            <p className="quiet">{describeKey(key, zone)}</p>
          </Row>
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

function DeleteButton({ name, onConfirm }: { readonly name: string; readonly onConfirm: () => void }) {
  return (
    <ConfirmButton
      text="Delete"
      label={`Delete the key ${name}`}
      question={`Delete the key “${name}”?`}
      confirm="Delete"
      onConfirm={onConfirm}
    >
      Requests with this key are refused from then on. A deleted key cannot be restored.
    </ConfirmButton>
  )
}

function KeyForm({ onSubmit }: { readonly onSubmit: (event: FormEvent<HTMLFormElement>) => void }) {
  const [kind, setKind] = useState<string>(FIRST_KIND)
  return (
    <form className="inline-form" onSubmit={onSubmit} onReset={() => setKind(FIRST_KIND)}>
      <label className="field">
        Name
        <input name="name" required maxLength={100} autoComplete="off" />
      </label>
      <label className="field field-wide">
        Permission
        <select name="kind" value={kind} onChange={event => setKind(event.target.value)}>
          {Object.entries(KINDS).map(([one, words]) => (
            <option key={one} value={one}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {kind !== 'read' && <WriteKeyFields />}
      <button type="submit" className="button">
        Create key
      </button>
    </form>
  )
}

function WriteKeyFields() {
  return (
    <>
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
    </>
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
  const { kind, environment, on_violation, events_per_second, users_per_day } = key
  const { created_at, expires_at, last_used_at, accepted, rejected } = key
  if (kind === 'read') return `${KINDS.read} · created ${formatDate(created_at, zone)}`
  return [
    KINDS[environment ?? 'production'],
    on_violation && MODES[on_violation],
    events_per_second && `${formatCount(events_per_second)} events per second at most`,
    users_per_day && `${formatCount(users_per_day)} users per day at most`,
    `created ${formatDate(created_at, zone)}`,
    expires_at && `${Date.parse(expires_at) <= Date.now() ? 'expired' : 'expires'} ${formatDate(expires_at, zone)}`,
    last_used_at
      ? `last used ${formatTime(last_used_at, zone)} · in 30 days ${formatCount(accepted ?? 0)} accepted, ${formatCount(rejected ?? 0)} rejected`
      : 'never used',
  ]
    .filter(Boolean)
    .join(' · ')
}
