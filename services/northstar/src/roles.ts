/** The stores that a process may open. */
export type StoreName = 'log' | 'counters' | 'warehouse' | 'state'

/** The roles of a process in the order of an event's path, each with the stores that it opens. */
export const ROLES = {
  ingest: ['log', 'state'],
  counters: ['log', 'counters', 'state'],
  warehouse: ['log', 'warehouse', 'state'],
  alerts: ['log', 'counters', 'warehouse', 'state'],
  // Samples of collectors are appended to the log.
  reports: ['log', 'warehouse', 'state'],
  api: ['log', 'counters', 'warehouse', 'state'],
} as const satisfies Record<string, readonly StoreName[]>

export type Role = keyof typeof ROLES

export const ALL_ROLES = Object.keys(ROLES) as readonly Role[]

export const storesOf = (roles: readonly Role[]): ReadonlySet<StoreName> =>
  new Set(roles.flatMap((role): readonly StoreName[] => ROLES[role]))
