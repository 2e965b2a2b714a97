import { HttpProblem, USERS, type UserDocument } from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'
import { hashPassword } from './passwords.ts'

interface UsersDeps {
  readonly state: StateStore
  readonly now: () => number
}

/** @throws HttpProblem 404 */
export async function userNamed({ state }: Pick<UsersDeps, 'state'>, name: string) {
  const found = await state.get<UserDocument>(USERS + name)
  if (!found) throw new HttpProblem({ status: 404, detail: `User ${name} does not exist.` })
  return found
}

/** Replaces the document. The second of two concurrent changes is refused. @throws HttpProblem 409 */
export async function replaceUser({ state }: Pick<UsersDeps, 'state'>, user: UserDocument, version: number): Promise<void> {
  try {
    await state.put(USERS + user.name, user, { ifVersion: version })
  } catch (error) {
    if (!(error instanceof StateConflict)) throw error
    const detail = `User ${user.name} was changed at the same time. Reload and try again.`
    throw new HttpProblem({ status: 409, code: 'conflict', detail }, {}, { cause: error })
  }
}

/**
 * Sets a password and ends all sessions of the user. The first password ends none, since the session that begins with it may have the same
 * time.
 */
export async function setPassword(
  deps: UsersDeps,
  name: string,
  password: string,
  check: (user: UserDocument) => Promise<void> = async () => {},
): Promise<void> {
  const { value, version } = await userNamed(deps, name)
  await check(value)
  await replaceUser(
    deps,
    { ...value, password: await hashPassword(password), sessionsFrom: value.password === null ? deps.now() : deps.now() + 1 },
    version,
  )
}
