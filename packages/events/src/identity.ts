import { createHmac, randomFillSync } from 'node:crypto'
import type { Key } from './key.ts'
import { deriveKey } from './privacy.ts'
import { SipHash } from './siphash.ts'

/** The identities of one sender's events. */
export interface Identities {
  /**
   * The identity of an event: a hash of its user and id under the sender's secret key. Equal ids of two users or two senders are two events,
   * and ids with colliding identities cannot be constructed. An event without an id has a random identity.
   */
  of(user: Key, id: string): Key
}

/**
 * @param secret the installation's, as for `createPseudonyms`
 * @returns the identities of a sender by its name, such as the id of its write key
 */
export function createIdentities(secret: Uint8Array): (sender: string) => Identities {
  const key = deriveKey(secret, 'identity')
  const random = createRandomKeys()
  return sender => {
    const hash = new SipHash(createHmac('sha256', key).update(sender).digest().subarray(0, 16))
    return {
      of(user, id) {
        if (id === '') return random()
        hash.update(user.high, user.low, id)
        return { high: hash.high, low: hash.low }
      },
    }
  }
}

/** Random 64-bit keys, drawn in batches. */
function createRandomKeys(): () => Key {
  const words = new Uint32Array(1024)
  let next = words.length
  return () => {
    if (next === words.length) {
      randomFillSync(words)
      next = 0
    }
    return { high: words[next++] as number, low: words[next++] as number }
  }
}
