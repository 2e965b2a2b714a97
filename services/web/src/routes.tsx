import { lazy, type ReactNode } from 'react'
import type { Role } from './api/types.ts'
import { NotFoundPage } from './pages/not-found-page.tsx'
import { OverviewPage } from './pages/overview-page.tsx'

const MetricsPage = lazy(async () => ({ default: (await import('./pages/metrics-page.tsx')).MetricsPage }))
const MetricPage = lazy(async () => ({ default: (await import('./pages/metric-page.tsx')).MetricPage }))
const ReleasesPage = lazy(async () => ({ default: (await import('./pages/releases-page.tsx')).ReleasesPage }))
const ReleasePage = lazy(async () => ({ default: (await import('./pages/release-page.tsx')).ReleasePage }))
const RetentionPage = lazy(async () => ({ default: (await import('./pages/retention-page.tsx')).RetentionPage }))
const AlertsPage = lazy(async () => ({ default: (await import('./pages/alerts-page.tsx')).AlertsPage }))
const RulesPage = lazy(async () => ({ default: (await import('./pages/rules-page.tsx')).RulesPage }))
const ReportsPage = lazy(async () => ({ default: (await import('./pages/reports-page.tsx')).ReportsPage }))
const SqlPage = lazy(async () => ({ default: (await import('./pages/sql-page.tsx')).SqlPage }))
const HealthPage = lazy(async () => ({ default: (await import('./pages/health-page.tsx')).HealthPage }))
const AccessPage = lazy(async () => ({ default: (await import('./pages/access-page.tsx')).AccessPage }))
const InstrumentPage = lazy(async () => ({ default: (await import('./pages/instrument-page.tsx')).InstrumentPage }))
const AccountPage = lazy(async () => ({ default: (await import('./pages/account-page.tsx')).AccountPage }))

interface Route {
  /** Matches the whole path; its group is the page's argument. */
  readonly path: RegExp
  readonly page: (argument: string, onSignOut: () => void) => ReactNode
  /** The link in the navigation; absent for pages that others link to. */
  readonly link?: NavigationLink
}

export interface NavigationLink {
  readonly href: string
  readonly text: string
  /** The role that the page needs; absent when every role may open it. */
  readonly role?: Role
  /** Shown only for a product with cohort metrics. */
  readonly cohorts?: boolean
}

const linked = (href: string, text: string, page: () => ReactNode, only: Pick<NavigationLink, 'role' | 'cohorts'> = {}): Route => ({
  path: new RegExp(`^${href}$`),
  page,
  link: { href, text, ...only },
})

/** The pages of signed-in users, those with a link in the order of the navigation. */
const ROUTES: readonly Route[] = [
  linked('/', 'Overview', () => <OverviewPage />),
  linked('/metrics', 'Metrics', () => <MetricsPage />),
  { path: /^\/metrics\/([a-z0-9_]+)$/, page: name => <MetricPage key={name} name={name} /> },
  linked('/releases', 'Releases', () => <ReleasesPage />),
  { path: /^\/releases\/([^/]+)$/, page: version => <ReleasePage key={version} version={decodeURIComponent(version)} /> },
  linked('/retention', 'Retention', () => <RetentionPage />, { cohorts: true }),
  linked('/alerts', 'Alerts', () => <AlertsPage />),
  linked('/rules', 'Rules', () => <RulesPage />),
  linked('/reports', 'Reports', () => <ReportsPage />),
  linked('/sql', 'SQL', () => <SqlPage />, { role: 'analyst' }),
  linked('/health', 'Health', () => <HealthPage />),
  linked('/instrument', 'Instrument', () => <InstrumentPage />, { role: 'admin' }),
  linked('/access', 'Access', () => <AccessPage />, { role: 'admin' }),
  { path: /^\/account$/, page: (_, onSignOut) => <AccountPage onSignOut={onSignOut} /> },
]

export const LINKS: readonly NavigationLink[] = ROUTES.flatMap(({ link }) => link ?? [])

export function Page({ path, onSignOut }: { readonly path: string; readonly onSignOut: () => void }) {
  for (const route of ROUTES) {
    const match = route.path.exec(path)
    if (match) return route.page(match[1] ?? '', onSignOut)
  }
  return <NotFoundPage />
}
