import { type Access, type FastifyRequest, HttpProblem } from '@northstar/runtime'

/** Lets through whoever may read. */
export function mayRead(authorize: (request: FastifyRequest) => Promise<Access> | Access) {
  return async (request: FastifyRequest): Promise<void> => {
    if ((await authorize(request)) === null) {
      throw new HttpProblem(
        { status: 401, detail: 'Sign in, or send a token that may read: Authorization: Bearer TOKEN.' },
        { 'www-authenticate': 'Bearer' },
      )
    }
  }
}
