import { Component, type ReactNode } from 'react'
import { Icon } from './icon.tsx'

interface ErrorBoundaryProps {
  /** A changed key, such as the path, clears the error. */
  readonly resetKey: string
  readonly children: ReactNode
}

interface State {
  readonly failed: boolean
}

/** Replaces a page that throws while rendering with a message; the navigation around it stays usable. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, State> {
  override state: State = { failed: false }

  static getDerivedStateFromError(): State {
    return { failed: true }
  }

  override componentDidUpdate(previous: ErrorBoundaryProps): void {
    if (this.state.failed && previous.resetKey !== this.props.resetKey) this.setState({ failed: false })
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children
    return (
      <div className="panel empty" role="alert">
        <h1>Something went wrong</h1>
        <p>
          This page could not be loaded or drawn. Check that you are online and reload it; if it fails again, the browser’s console has the
          reason.
        </p>
        <p>
          <button type="button" className="button" onClick={() => location.reload()}>
            <Icon name="refresh" size={14} /> Reload
          </button>
        </p>
      </div>
    )
  }
}
