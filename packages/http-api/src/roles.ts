/** The roles of users and programs. `admin` includes all others, and each of them includes `read`. */
export const ROLES = ['read', 'responder', 'analyst', 'admin'] as const
export type Role = (typeof ROLES)[number]

export const includedRoles = (own: Role): readonly Role[] => ROLES.filter(role => includesRole(own, role))

export const includesRole = (own: Role, needed: Role): boolean => own === 'admin' || own === needed || needed === 'read'
