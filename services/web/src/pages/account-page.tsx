import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { Icon } from '../components/icon.tsx'
import { PageHead } from '../components/page-head.tsx'
import { ErrorMessage, Panel } from '../components/panel.tsx'
import { useMutation } from '../components/use-mutation.ts'
import { useSession } from '../context.ts'
import { SessionsPanel } from '../panels/sessions-panel.tsx'
import { ROLE_NAMES, ROLE_RIGHTS } from '../role-names.ts'

/** Minimum length of a password. */
const MIN_LENGTH = 12

export function AccountPage({ onSignOut }: { readonly onSignOut: () => void }) {
  const { name, role, canSignOut, hasPassword } = useSession()
  return (
    <>
      <PageHead title={name} documentTitle="Account" lead={`${ROLE_NAMES[role]}: ${ROLE_RIGHTS[role]}.`}>
        {canSignOut && (
          <button type="button" className="button" onClick={onSignOut}>
            <Icon name="out" size={14} /> Sign out
          </button>
        )}
      </PageHead>
      <div className="grid">
        {hasPassword && <Password user={name} onChanged={onSignOut} />}
        <SessionsPanel />
      </div>
    </>
  )
}

function Password({ user, onChanged }: { readonly user: string; readonly onChanged: () => void }) {
  const { problem, mutate } = useMutation([])
  const [done, setDone] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const current = String(given.get('current') ?? '')
    const body = { password: String(given.get('password') ?? ''), ...(current !== '' && { current }) }
    const answer = await mutate(api('/v1/session/password', { method: 'PUT', body }))
    setDone(answer !== undefined)
  }
  return (
    <Panel title="Password" width="half">
      {done ? (
        <>
          <p className="all-clear" role="status">
            <Icon name="check" /> Password updated.
          </p>
          <button type="button" className="button" onClick={onChanged}>
            Sign in again
          </button>
        </>
      ) : (
        <form className="stack" onSubmit={event => void submit(event)}>
          <input type="hidden" name="user" autoComplete="username" value={user} />
          <label className="field">
            Current password (leave empty if you have none)
            <input name="current" type="password" autoComplete="current-password" />
          </label>
          <label className="field">
            New password (at least {MIN_LENGTH} characters)
            <input name="password" type="password" required minLength={MIN_LENGTH} maxLength={200} autoComplete="new-password" />
          </label>
          {problem && <ErrorMessage error={problem} />}
          <button type="submit" className="button button-main">
            Update password
          </button>
          <p className="quiet">Updating the password signs you out everywhere else.</p>
        </form>
      )}
    </Panel>
  )
}
