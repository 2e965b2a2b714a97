import { type FormEvent, useEffect, useState } from 'react'
import { ApiError } from '../api/client.ts'
import type { Credentials } from '../api/types.ts'
import { Icon } from '../components/icon.tsx'
import { Segments } from '../components/segments.tsx'
import { SignInCard, SignInForm } from '../components/sign-in-card.tsx'
import { OIDC_PATH, signIn, signInMethods } from '../session.ts'
import { useTitle } from '../use-title.ts'

type Method = 'token' | 'password'

const METHODS = [
  ['token', 'Token'],
  ['password', 'User name and password'],
] as const

/** Messages by the `problem` parameter of the address. */
const PROBLEMS: Readonly<Record<string, string>> = {
  link: 'This link has expired or was already used. Ask for a new one.',
  sign_in: 'Single sign-on failed or timed out. Try again.',
  no_role: 'Your account has no role in Northstar. Ask an administrator for access.',
  unreachable: 'The identity provider does not respond. Try again later or use another method.',
}

const ENDED = 'Your session has ended. Sign in again to continue where you were.'

interface LoginPageProps {
  /** Whether a session has ended while the page was open. */
  readonly ended?: boolean
  readonly onSignedIn: () => void
}

export function LoginPage({ ended = false, onSignedIn }: LoginPageProps) {
  const [method, setMethod] = useState<Method>('token')
  const [problem, setProblem] = useState(() => (ended ? ENDED : PROBLEMS[new URLSearchParams(location.search).get('problem') ?? '']))
  const [busy, setBusy] = useState(false)
  const [singleSignOn, setSingleSignOn] = useState(false)
  useEffect(() => {
    // Without an answer the form stays usable and reports the error on submit.
    signInMethods().then(
      methods => setSingleSignOn(methods.has('oidc')),
      () => {},
    )
  }, [])
  useTitle('Sign in')

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const text = (name: string) => String(given.get(name) ?? '').trim()
    const credentials: Credentials =
      method === 'token' ? { token: text('token') } : { user: text('user'), password: String(given.get('password') ?? '') }
    setBusy(true)
    setProblem(undefined)
    signIn(credentials)
      .then(onSignedIn, (error: unknown) => setProblem(messageFor(error, method)))
      .finally(() => setBusy(false))
  }

  return (
    <SignInCard title="Sign in to Northstar">
      {singleSignOn && (
        <>
          <a className="button button-main" href={OIDC_PATH}>
            <Icon name="key" size={14} /> Sign in with single sign-on
          </a>
          <p className="or quiet">or</p>
        </>
      )}
      <Segments name="method" label="Sign-in method" value={method} options={METHODS} onChange={setMethod} />
      <SignInForm
        problem={problem}
        onSubmit={submit}
        button={
          <button type="submit" className={singleSignOn ? 'button' : 'button button-main'} disabled={busy}>
            {busy ? 'Signing in…' : 'Sign in'}
          </button>
        }
      >
        {method === 'token' ? <TokenField /> : <PasswordFields />}
      </SignInForm>
      <p className="quiet">{method === 'token' ? <TokenHint /> : 'Accounts are created by an administrator.'}</p>
      <p className="quiet">
        <a href="/public">Public page</a>
      </p>
    </SignInCard>
  )
}

function TokenField() {
  return (
    <label className="field">
      Access token
      <input name="token" type="password" required autoComplete="current-password" spellCheck={false} />
    </label>
  )
}

function PasswordFields() {
  return (
    <>
      <label className="field">
        User name
        <input name="user" required autoComplete="username" spellCheck={false} />
      </label>
      <label className="field">
        Password
        <input name="password" type="password" required autoComplete="current-password" />
      </label>
    </>
  )
}

function TokenHint() {
  return (
    <>
      The admin token is in <code>credentials.json</code> in the data folder; <code>northstar open</code> makes a link that signs in.
    </>
  )
}

function messageFor(error: unknown, method: Method): string {
  if (!(error instanceof ApiError)) return 'Sign-in failed. Try again.'
  if (error.status === 401) return method === 'token' ? 'Invalid access token.' : 'Incorrect user name or password.'
  if (error.status === 429) return 'Too many attempts. Try again in a minute.'
  return error.message
}
