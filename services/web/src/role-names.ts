import type { Role } from './api/types.ts'

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  read: 'Read-only',
  responder: 'Responder',
  analyst: 'Analyst',
  admin: 'Administrator',
}

/** The rights of each role. */
export const ROLE_RIGHTS: Readonly<Record<Role, string>> = {
  read: 'reads metrics, alerts and rules',
  responder: 'also acknowledges and silences alerts',
  analyst: 'also runs SQL',
  admin: 'full access',
}
