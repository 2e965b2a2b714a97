import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { createSlots } from '@northstar/runtime'

/** OWASP's recommendation for scrypt. One hash needs 32 MiB and about a third of a second of one core. */
const COST = { N: 2 ** 15, r: 8, p: 3 }
const KEY_BYTES = 32
/** Limits the memory and CPU that a flood of sign-ins can use. */
const MAX_CONCURRENT = 2

const slots = createSlots(MAX_CONCURRENT)

const derive = (password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> =>
  slots(
    () =>
      new Promise((resolve, reject) => {
        const options: ScryptOptions = { ...cost, maxmem: 256 * cost.N * cost.r }
        scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)))
      }),
  )

/** `scrypt$N$r$p$SALT$KEY`: the hash contains the costs, so that they can be changed later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** Compared for an unknown user, so that the response time does not reveal whether the user exists. */
const UNKNOWN_USER = `scrypt$${COST.N}$${COST.r}$${COST.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** Checks a password. The check takes equally long if no password is stored. */
export async function checkPassword(password: string, stored: string | null): Promise<boolean> {
  const [, N, r, p, salt = '', key = ''] = (stored ?? UNKNOWN_USER).split('$')
  const expected = Buffer.from(key, 'base64url')
  const found = await derive(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) })
  return expected.length === found.length && timingSafeEqual(expected, found) && stored !== null
}
