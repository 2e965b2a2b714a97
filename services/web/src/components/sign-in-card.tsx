import type { FormEventHandler, ReactNode } from 'react'
import { Icon } from './icon.tsx'

/** The card of the pages that sign in. */
export function SignInCard({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main className="alone">
      <div className="login panel">
        <span className="brand-star brand-large">
          <Icon name="star" size={28} />
        </span>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  )
}

interface SignInFormProps {
  readonly problem: string | undefined
  readonly onSubmit: FormEventHandler<HTMLFormElement>
  readonly button: ReactNode
  /** The fields. */
  readonly children: ReactNode
}

/** Fields, the reason why signing in failed, and the button. */
export function SignInForm({ problem, onSubmit, button, children }: SignInFormProps) {
  return (
    <form onSubmit={onSubmit}>
      {children}
      <p className="field-problem" role="alert">
        {problem && (
          <>
            <Icon name="warning" size={14} /> {problem}
          </>
        )}
      </p>
      {button}
    </form>
  )
}
