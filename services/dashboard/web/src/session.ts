import { ApiError, api } from './api/client.ts'
import type { Session } from './context.ts'

export const SESSION_PATH = '/v1/session'

interface SessionAnswer {
  readonly role: 'admin' | 'read'
  readonly user?: string
  readonly name?: string
  readonly kind?: string
}

/** Who the server takes the reader for; null for nobody. */
export async function readSession(): Promise<Session | null> {
  try {
    const { role, user, name } = await api<SessionAnswer>(SESSION_PATH)
    return { role, name: user ?? name ?? role, canLeave: true }
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return null
    if (error instanceof ApiError && error.status === 404) return { role: 'admin', name: 'admin', canLeave: false }
    throw error
  }
}

export type Credentials = { readonly token: string } | { readonly user: string; readonly password: string }

export const signIn = (credentials: Credentials): Promise<unknown> => api(SESSION_PATH, { method: 'POST', body: credentials })
export const signOut = (): Promise<unknown> => api(SESSION_PATH, { method: 'DELETE' })
