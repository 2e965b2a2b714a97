import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { Icon } from '../components/icon.tsx'
import { Panel, Trouble } from '../components/panel.tsx'
import { useDeed } from '../components/use-deed.ts'
import { useSession } from '../context.ts'

/** Shortest password that is taken. */
const LEAST = 12

export function AccountPage({ onLeave }: { readonly onLeave: () => void }) {
  const { name, role, canLeave } = useSession()
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{name}</h1>
          <p className="lead">
            {role === 'admin'
              ? 'Full access: you may see and change everything.'
              : 'Read-only: you may see everything but who has access, and change nothing.'}
          </p>
        </div>
        {canLeave && (
          <button type="button" className="button" onClick={onLeave}>
            <Icon name="out" size={14} /> Sign out
          </button>
        )}
      </header>
      <div className="grid">
        <Password user={name} onChanged={onLeave} />
      </div>
    </>
  )
}

function Password({ user, onChanged }: { readonly user: string; readonly onChanged: () => void }) {
  const { problem, act } = useDeed([])
  const [done, setDone] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const current = String(given.get('current') ?? '')
    const body = { password: String(given.get('password') ?? ''), ...(current !== '' && { current }) }
    const answer = await act(api(`/v1/users/${encodeURIComponent(user)}/password`, { method: 'PUT', body }))
    setDone(answer !== undefined)
  }
  return (
    <Panel title="Password" width="half">
      {done ? (
        <>
          <p className="calm" role="status">
            <Icon name="check" /> The password is set.
          </p>
          <button type="button" className="button" onClick={onChanged}>
            Sign in with it
          </button>
        </>
      ) : (
        <form className="stack" onSubmit={event => void submit(event)}>
          <input type="hidden" name="user" autoComplete="username" value={user} />
          <label className="field">
            Present password (none at the first time)
            <input name="current" type="password" autoComplete="current-password" />
          </label>
          <label className="field">
            New password, {LEAST} characters or more
            <input name="password" type="password" required minLength={LEAST} maxLength={200} autoComplete="new-password" />
          </label>
          {problem && <Trouble error={problem} />}
          <button type="submit" className="button button-main">
            Set the password
          </button>
          <p className="quiet">Who signed in with a token has no password; all other sessions of yours end.</p>
        </form>
      )}
    </Panel>
  )
}
