import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { HttpProblem } from './http.ts'

/** What a caller may do: everything, read, or nothing. */
export type Access = 'admin' | 'read' | null

/** The document that holds the hash of the admin token where no setting gives one. */
export const ADMIN_TOKEN_DOCUMENT = 'access/admin-token'

export interface AccessOptions {
  /** The token from the settings. */
  readonly adminToken?: string
  /** Reads a stored document; the admin token's is `{ hash }`, SHA-256 in hex. */
  readonly read: (key: string) => Promise<{ readonly value: { readonly hash: string } } | null>
}

export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Tells what the bearer of a request's token may do. Tokens are compared in constant time. */
export function createAccess(options: AccessOptions) {
  const fixed = options.adminToken ? hashToken(options.adminToken) : null

  async function access(request: FastifyRequest): Promise<Access> {
    const token = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined) return null
    const hash = fixed ?? (await options.read(ADMIN_TOKEN_DOCUMENT))?.value.hash
    return hash !== undefined && timingSafeEqual(Buffer.from(hashToken(token)), Buffer.from(hash)) ? 'admin' : null
  }

  /** Rejects unless the caller may do everything. */
  async function requireAdmin(request: FastifyRequest): Promise<void> {
    if ((await access(request)) !== 'admin') {
      throw new HttpProblem({ status: 401, detail: 'Send the admin token: Authorization: Bearer TOKEN.' }, { 'www-authenticate': 'Bearer' })
    }
  }

  return { access, requireAdmin }
}
