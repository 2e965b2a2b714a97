import { lazy, type ReactNode } from 'react'
import type { PageAddress, Role } from './api/types.ts'
import { NotFoundPage } from './pages/not-found-page.tsx'
import { OverviewPage } from './pages/overview-page.tsx'
import { argumentOf, useParameters } from './router.tsx'

const MetricsPage = lazy(async () => ({ default: (await import('./pages/metrics-page.tsx')).MetricsPage }))
const MetricPage = lazy(async () => ({ default: (await import('./pages/metric-page.tsx')).MetricPage }))
const ReleasesPage = lazy(async () => ({ default: (await import('./pages/releases-page.tsx')).ReleasesPage }))
const ReleasePage = lazy(async () => ({ default: (await import('./pages/release-page.tsx')).ReleasePage }))
const RetentionPage = lazy(async () => ({ default: (await import('./pages/retention-page.tsx')).RetentionPage }))
const AlertPage = lazy(async () => ({ default: (await import('./pages/alert-page.tsx')).AlertPage }))
const AlertsPage = lazy(async () => ({ default: (await import('./pages/alerts-page.tsx')).AlertsPage }))
const RulesPage = lazy(async () => ({ default: (await import('./pages/rules-page.tsx')).RulesPage }))
const ReportsPage = lazy(async () => ({ default: (await import('./pages/reports-page.tsx')).ReportsPage }))
const SqlPage = lazy(async () => ({ default: (await import('./pages/sql-page.tsx')).SqlPage }))
const HealthPage = lazy(async () => ({ default: (await import('./pages/health-page.tsx')).HealthPage }))
const AccessPage = lazy(async () => ({ default: (await import('./pages/access-page.tsx')).AccessPage }))
const InstrumentPage = lazy(async () => ({ default: (await import('./pages/instrument-page.tsx')).InstrumentPage }))
const AccountPage = lazy(async () => ({ default: (await import('./pages/account-page.tsx')).AccountPage }))

interface Route {
  /** Renders the page; the argument is that of the address. */
  readonly page: (argument: string, onSignOut: () => void) => ReactNode
  /** The text of the link in the navigation; absent for pages that only other pages link to. */
  readonly link?: string
  /** The role that the link needs; absent when every role may open the page. */
  readonly role?: Role
  /** Whether the link is shown only for a product with cohort metrics. */
  readonly cohorts?: boolean
}

/** The pages of signed-in users, those with a link in the order of the navigation. */
const ROUTES: Readonly<Record<Exclude<PageAddress, '/public' | '/login' | '/welcome/:token'>, Route>> = {
  '/': { link: 'Overview', page: () => <OverviewPage /> },
  '/metrics': { link: 'Metrics', page: () => <MetricsPage /> },
  '/metrics/:metric': { page: name => <MetricPage key={name} name={name} /> },
  '/releases': { link: 'Releases', page: () => <ReleasesPage /> },
  '/releases/:release': { page: version => <ReleasePage key={version} version={version} /> },
  '/retention': { link: 'Retention', cohorts: true, page: () => <RetentionPage /> },
  '/alerts?alert=:alert': { page: fingerprint => <AlertPage key={fingerprint} fingerprint={fingerprint} /> },
  '/alerts': { link: 'Alerts', page: () => <AlertsPage /> },
  '/rules': { link: 'Rules', page: () => <RulesPage /> },
  '/reports': { link: 'Reports', page: () => <ReportsPage /> },
  '/sql': { link: 'SQL', role: 'analyst', page: () => <SqlPage /> },
  '/health': { link: 'Health', page: () => <HealthPage /> },
  '/instrument': { link: 'Instrument', role: 'admin', page: () => <InstrumentPage /> },
  '/access': { link: 'Access', role: 'admin', page: () => <AccessPage /> },
  '/account': { page: (_, onSignOut) => <AccountPage onSignOut={onSignOut} /> },
}

/** The links of the navigation. */
export const LINKS = Object.entries(ROUTES).flatMap(([href, { link, role, cohorts }]) =>
  link ? [{ href, text: link, role, cohorts }] : [],
)

export function Page({ path, onSignOut }: { readonly path: string; readonly onSignOut: () => void }) {
  const [parameters] = useParameters()
  for (const [address, { page }] of Object.entries(ROUTES)) {
    const argument = argumentOf(address, path, parameters)
    if (argument !== undefined) return page(argument, onSignOut)
  }
  return <NotFoundPage />
}
