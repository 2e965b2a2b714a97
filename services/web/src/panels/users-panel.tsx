import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { useData } from '../api/store.ts'
import type { Answer, Role, routes, User } from '../api/types.ts'
import { ConfirmButton } from '../components/confirm-button.tsx'
import { CopyBlock } from '../components/copy-block.tsx'
import { ErrorMessage, Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { useMutation } from '../components/use-mutation.ts'
import { useProduct } from '../context.ts'
import { formatDate } from '../format.ts'
import { ROLE_NAMES, ROLE_RIGHTS } from '../role-names.ts'
import { AUDIT, REFRESH_MS } from './audit-panel.tsx'

export const USERS = '/v1/users'
const ROLES = Object.keys(ROLE_NAMES) as readonly Role[]

/** Users with their roles, and the form that invites one. */
export function UsersPanel() {
  const { data, error } = useData<Answer<typeof routes.users.list>>(USERS, REFRESH_MS)
  const { problem, mutate } = useMutation([USERS, AUDIT])
  const [link, setLink] = useState<string>()
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const given = new FormData(form)
    const made = await mutate(
      api<Answer<typeof routes.users.create>>(USERS, {
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
      <Placeholder data={data} error={error} path={USERS} lines={3} />
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
      <ConfirmButton
        text="Remove"
        label={`Remove ${name}`}
        question={`Remove ${name}?`}
        confirm="Remove"
        onConfirm={() => void mutate(api(`${USERS}/${encodeURIComponent(name)}`, { method: 'DELETE' }))}
      >
        Their sessions end and they can no longer sign in.
      </ConfirmButton>
    </li>
  )
}
