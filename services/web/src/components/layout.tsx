import { type ReactNode, useEffect, useState } from 'react'
import { useLiveState, useLiveTime } from '../api/live.ts'
import { newestAnswerTime, reloadAll } from '../api/store.ts'
import { useProduct, useSession } from '../context.ts'
import { useFiring } from '../firing.ts'
import { formatTime } from '../format.ts'
import { ROLE_NAMES } from '../role-names.ts'
import { Link } from '../router.tsx'
import { LINKS } from '../routes.tsx'
import { AlertBanner } from './alert-banner.tsx'
import { Icon } from './icon.tsx'
import { ThemeButton } from './theme-button.tsx'

interface LayoutProps {
  readonly path: string
  readonly onSignOut: () => void
  readonly children: ReactNode
}

export function Layout({ path, onSignOut, children }: LayoutProps) {
  const { title, metrics } = useProduct()
  const { role, roles, name, canSignOut } = useSession()
  const hasCohorts = [...metrics.values()].some(({ shape }) => shape === 'cohorts')
  const links = LINKS.filter(link => (hasCohorts || !link.cohorts) && (!link.role || roles.includes(link.role)))
  // biome-ignore lint/correctness/useExhaustiveDependencies: which link is the current one depends on the path
  useEffect(() => {
    // On a phone the navigation scrolls.
    document.querySelector('.bar nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [path])
  return (
    <>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="bar">
        <div className="bar-inner">
          <Link className="brand" href="/">
            <span className="brand-star">
              <Icon name="star" size={18} />
            </span>
            <span>{title}</span>
          </Link>
          <nav aria-label="Pages">
            <ul>
              {links.map(({ href, text }) => (
                <li key={href}>
                  <Link href={href} aria-current={(href === '/' ? path === '/' : path.startsWith(href)) ? 'page' : undefined}>
                    {text}
                    {href === '/alerts' && <FiringCount />}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          <div className="bar-tools">
            <ThemeButton />
            <Link className="icon-button" href="/account" aria-label={`Account: ${name}`} title={name}>
              <Icon name="person" />
            </Link>
            {canSignOut && (
              <button
                type="button"
                className="icon-button"
                onClick={onSignOut}
                aria-label={`Sign out ${name}`}
                title={`${name} (${ROLE_NAMES[role].toLowerCase()}): sign out`}
              >
                <Icon name="out" />
              </button>
            )}
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <AlertBanner />
        <Freshness />
        {children}
      </main>
      <footer className="foot">
        <p>
          Northstar · <a href="/public">Public page</a> · <a href="/openapi.json">API</a>
        </p>
      </footer>
    </>
  )
}

function FiringCount() {
  const firing = useFiring().length
  if (firing === 0) return null
  return (
    <span className="count">
      {firing}
      <span className="sr-only"> firing</span>
    </span>
  )
}

const STATES = { live: 'Live', connecting: 'Connecting', lost: 'Reconnecting' } as const

/** The state of the live stream and the time of the newest answer. */
function Freshness() {
  const { zone } = useProduct()
  const state = useLiveState()
  const live = useLiveTime()
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick(count => count + 1), 15_000)
    return () => clearInterval(timer)
  }, [])
  const at = Math.max(live ?? 0, newestAnswerTime() ?? 0)
  return (
    <div className="freshness">
      <span className={`live-state live-${state}`}>
        <span className="live-dot" aria-hidden="true" />
        {STATES[state]}
      </span>
      <span>{at > 0 ? `Last updated ${formatTime(at, zone)}` : '\u00a0'}</span>
      <button type="button" className="icon-button" aria-label="Refresh" title="Refresh" onClick={reloadAll}>
        <Icon name="refresh" size={14} />
      </button>
    </div>
  )
}
