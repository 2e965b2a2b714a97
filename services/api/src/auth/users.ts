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
  if (!found) throw new HttpProblem({ status: 404, detail: `There is no user ${name}.` })
  return found
}

/** Replaces the document. The second of two concurrent changes is refused, so that neither undoes the other. @throws HttpProblem 409 */
export async function replaceUser({ state }: Pick<UsersDeps, 'state'>, user: UserDocument, version: number): Promise<void> {
  try {
    await state.put(USERS + user.name, user, { ifVersion: version })
  } catch (error) {
    if (!(error instanceof StateConflict)) throw error
    const detail = `The user ${user.name} was changed by somebody else at the same time. Reload, then try again.`
    throw new HttpProblem({ status: 409, code: 'conflict', detail }, {}, { cause: error })
  }
}

/** Sets a password; all sessions of the user end. Without a password before there were none, and the one that begins with it may be as old. */
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
