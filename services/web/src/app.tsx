import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import { type ApiError, apiErrorOf } from './api/client.ts'
import { startLive } from './api/live.ts'
import { clearCache, onUnauthorizedAnswer, reload, useData } from './api/store.ts'
import type { Definitions } from './api/types.ts'
import { ErrorBoundary } from './components/error-boundary.tsx'
import { Layout } from './components/layout.tsx'
import { ErrorMessage, Skeleton } from './components/panel.tsx'
import { ProductContext, productOf, type Session, SessionContext } from './context.ts'
import { ALERTS_MS, ALERTS_PATH, type Alerts } from './firing.ts'
import { LoginPage } from './pages/login-page.tsx'
import { WelcomePage } from './pages/welcome-page.tsx'
import { navigate, usePath } from './router.tsx'
import { Page } from './routes.tsx'
import { readSession, signOut } from './session.ts'

const DEFINITIONS = '/v1/metrics'

const PublicPage = lazy(async () => ({ default: (await import('./pages/public-page.tsx')).PublicPage }))

export function App() {
  const path = usePath()
  if (path === '/public')
    return (
      <ErrorBoundary resetKey={path}>
        <Suspense fallback={<LoadingPage />}>
          <PublicPage />
        </Suspense>
      </ErrorBoundary>
    )
  return <Private />
}

/** The pages that need a session. */
function Private() {
  const path = usePath()
  const [session, setSession] = useState<Session | null | undefined>()
  const [error, setError] = useState<ApiError>()
  const load = useCallback(() => {
    setError(undefined)
    // Every page needs them: they load together with the session.
    for (const path of [DEFINITIONS, ALERTS_PATH]) void reload(path)
    readSession().then(setSession, (reason: unknown) => setError(apiErrorOf(reason)))
  }, [])
  useEffect(load, [load])
  const [ended, setEnded] = useState(false)
  useEffect(
    () =>
      onUnauthorizedAnswer(() => {
        setEnded(already => already || Boolean(session))
        setSession(null)
      }),
    [session],
  )

  if (error)
    return (
      <main className="alone">
        <ErrorMessage error={error} onRetry={load} />
      </main>
    )
  const [, token] = /^\/welcome\/([\w-]+)$/.exec(path) ?? []
  if (token !== undefined) {
    const enter = () => {
      clearCache()
      navigate('/', { replace: true })
      load()
    }
    return <WelcomePage token={token} onSignedIn={enter} />
  }
  if (session === undefined) return <LoadingPage />
  if (session === null || path === '/login')
    return (
      <LoginPage
        ended={ended}
        onSignedIn={() => {
          clearCache()
          setEnded(false)
          if (path === '/login') navigate('/', { replace: true })
          load()
        }}
      />
    )
  const leave = () => {
    signOut().then(
      () => {
        clearCache()
        setEnded(false)
        setSession(null)
      },
      () => setSession(null),
    )
  }
  return (
    <SessionContext value={session}>
      <SignedIn path={path} onSignOut={leave} />
    </SessionContext>
  )
}

function LoadingPage() {
  return (
    <main id="content">
      <Skeleton tall lines={5} />
    </main>
  )
}

function SignedIn({ path, onSignOut }: { readonly path: string; readonly onSignOut: () => void }) {
  const { data, error } = useData<Definitions>(DEFINITIONS)
  // Loaded before the first paint: the banner of a firing alert would move the page.
  const alerts = useData<Alerts>(ALERTS_PATH, ALERTS_MS)
  useEffect(startLive, [])
  if (!data || !(alerts.data || alerts.error))
    return error ? (
      <main className="alone">
        <ErrorMessage error={error} onRetry={() => void reload(DEFINITIONS)} />
      </main>
    ) : (
      <LoadingPage />
    )
  return (
    <ProductContext value={productOf(data)}>
      <Layout path={path} onSignOut={onSignOut}>
        <ErrorBoundary resetKey={path}>
          <Suspense fallback={<Skeleton tall lines={5} />}>
            <Page path={path} onSignOut={onSignOut} />
          </Suspense>
        </ErrorBoundary>
      </Layout>
    </ProductContext>
  )
}
