import { type FormEvent, useEffect, useState } from 'react'
import { ApiError } from '../api/client.ts'
import { Icon } from '../components/icon.tsx'
import { type Credentials, OIDC_PATH, signIn, signInWays } from '../session.ts'

type Way = 'token' | 'password'

/** What went wrong on the way here, by the word in the address. */
const PROBLEMS: Readonly<Record<string, string>> = {
  link: 'The link was used already, or is too old. Ask for another one.',
  sign_in: 'The other system did not vouch for you, or it took too long. Try again.',
  no_role: 'You are known, but have no role here. Whoever runs Northstar can give you one.',
  unreachable: 'The other system does not answer. Try again later, or sign in otherwise.',
}

export function LoginPage({ onSignedIn }: { readonly onSignedIn: () => void }) {
  const [way, setWay] = useState<Way>('token')
  const [problem, setProblem] = useState(() => PROBLEMS[new URLSearchParams(location.search).get('problem') ?? ''])
  const [busy, setBusy] = useState(false)
  const [elsewhere, setElsewhere] = useState(false)
  useEffect(() => {
    // Without an answer the form stands, and says what is wrong when it is used.
    signInWays().then(
      ways => setElsewhere(ways.has('oidc')),
      () => {},
    )
  }, [])
  useEffect(() => {
    document.title = 'Sign in · Northstar'
  }, [])

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const text = (name: string) => String(given.get(name) ?? '').trim()
    const credentials: Credentials =
      way === 'token' ? { token: text('token') } : { user: text('user'), password: String(given.get('password') ?? '') }
    setBusy(true)
    setProblem(undefined)
    signIn(credentials)
      .then(onSignedIn, (error: unknown) => setProblem(adviceFor(error, way)))
      .finally(() => setBusy(false))
  }

  return (
    <main className="alone">
      <div className="login panel">
        <span className="brand-star brand-large">
          <Icon name="star" size={28} />
        </span>
        <h1>Sign in to Northstar</h1>
        {elsewhere && (
          <>
            <a className="button button-main" href={OIDC_PATH}>
              <Icon name="key" size={14} /> Sign in with your organisation
            </a>
            <p className="or quiet">or</p>
          </>
        )}
        <fieldset className="segments">
          <legend className="sr-only">How to sign in</legend>
          {(['token', 'password'] as const).map(one => (
            <label key={one}>
              <input type="radio" name="way" value={one} checked={way === one} onChange={() => setWay(one)} />
              <span>{one === 'token' ? 'Token' : 'Name and password'}</span>
            </label>
          ))}
        </fieldset>
        <form onSubmit={submit}>
          {way === 'token' ? (
            <label className="field">
              Access token
              <input key="token" name="token" type="password" required autoComplete="current-password" spellCheck={false} />
            </label>
          ) : (
            <>
              <label className="field">
                Name
                <input key="user" name="user" required autoComplete="username" spellCheck={false} />
              </label>
              <label className="field">
                Password
                <input key="password" name="password" type="password" required autoComplete="current-password" />
              </label>
            </>
          )}
          <p className="field-problem" role="alert">
            {problem && (
              <>
                <Icon name="warning" size={14} /> {problem}
              </>
            )}
          </p>
          <button type="submit" className={elsewhere ? 'button' : 'button button-main'} disabled={busy}>
            {busy ? 'Signing in …' : 'Sign in'}
          </button>
        </form>
        <p className="quiet">
          {way === 'token' ? (
            <>
              At its start Northstar prints a token; it lies in <code>credentials.json</code> of the data folder, too.
            </>
          ) : (
            'Whoever runs Northstar makes the accounts.'
          )}
        </p>
        <p className="quiet">
          <a href="/public">What everyone may see</a>
        </p>
      </div>
    </main>
  )
}

function adviceFor(error: unknown, way: Way): string {
  if (!(error instanceof ApiError)) return 'That did not work. Try again.'
  if (error.status === 401) return way === 'token' ? 'Northstar does not know this token.' : 'Name or password is wrong.'
  if (error.status === 429) return 'Too many tries. Wait a minute, then try again.'
  return error.message
}
