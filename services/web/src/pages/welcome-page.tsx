import { type FormEvent, useState } from 'react'
import { ApiError, api } from '../api/client.ts'
import { SignInCard, SignInForm } from '../components/sign-in-card.tsx'
import { useTitle } from '../use-title.ts'

/** The page of a one-time sign-in link. Opening it does not use up the link, since mail scanners open links; the button does. */
export function WelcomePage({ token, onSignedIn }: { readonly token: string; readonly onSignedIn: () => void }) {
  const [asksPassword, setAsksPassword] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  useTitle('Welcome')

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const password = String(new FormData(event.currentTarget).get('password') ?? '')
    setBusy(true)
    setProblem(undefined)
    api('/v1/session/link', { method: 'POST', body: { token, ...(password !== '' && { password }) } })
      .then(onSignedIn, (error: unknown) => {
        if (error instanceof ApiError && error.code === 'password_required') setAsksPassword(true)
        else setProblem(error instanceof ApiError ? error.message : 'Signing in failed. Try again.')
      })
      .finally(() => setBusy(false))
  }

  return (
    <SignInCard title="Welcome to Northstar">
      <p className="quiet">{asksPassword ? 'Choose a password for your account.' : 'This link signs you in once.'}</p>
      <SignInForm
        problem={problem}
        onSubmit={submit}
        button={
          <button type="submit" className="button button-main" disabled={busy}>
            {asksPassword ? 'Set password and sign in' : 'Sign in'}
          </button>
        }
      >
        {asksPassword && (
          <label className="field">
            New password, 12 characters or more
            <input name="password" type="password" required minLength={12} maxLength={200} autoComplete="new-password" />
          </label>
        )}
      </SignInForm>
    </SignInCard>
  )
}
