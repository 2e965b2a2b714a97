import { ApiError, api, setCsrf } from './api/client.ts'
import type { Credentials, Session as SessionAnswer } from './api/types.ts'
import type { Session } from './context.ts'

const PATH = '/v1/session'

/** The current session; null when signed out. */
export async function readSession(): Promise<Session | null> {
  try {
    const { role, roles, user, kind, has_password, csrf } = await api<SessionAnswer>(PATH)
    setCsrf(csrf)
    return { role, roles, name: user, canSignOut: kind === 'session', hasPassword: has_password }
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

export const signIn = (credentials: Credentials): Promise<unknown> => api(PATH, { method: 'POST', body: credentials })
export const signOut = (): Promise<unknown> => api(PATH, { method: 'DELETE' })

/** Start of the OpenID Connect sign-in. */
export const OIDC_PATH = `${PATH}/oidc`

/** The sign-in methods that this server offers. */
export async function signInMethods(): Promise<ReadonlySet<string>> {
  const response = await fetch(PATH, { headers: { accept: 'application/json' } })
  const { sign_in } = (await response.json()) as { readonly sign_in?: readonly string[] }
  return new Set(sign_in)
}
