import { type BucketKey, bucketExpiry } from '../buckets.ts'
import type { Deltas } from '../deltas.ts'
import { GROUP_LENGTH } from '../fields.ts'
import type { KeySet } from '../key-set.ts'
import type { SeenMembers } from '../seen-members.ts'
import { hashKey, setKey } from './keys.ts'

export interface Changes {
  readonly keys: readonly string[]
  readonly json: string
}

/** Fields, each followed by its amount, to add to each of the hashes. Numbers are positions in KEYS. */
type HashChange = readonly [keyNumbers: number[], additions: readonly string[]]
/** Members, encoded by {@link digitsOf}, to add to each of the sets. */
type SetChange = readonly [keyNumbers: number[], members: string]

/**
 * Encodes the deltas for the script. Fields and members that several buckets share are sent once; buckets that have expired at `now`
 * and members already `seen` in a set are left out.
 */
export function encodeChanges(tag: string, deltas: Deltas, now: number, seen: SeenMembers | null): Changes {
  const keys: string[] = []
  const lifetimes: number[] = []
  const hashes = new Map<ReadonlyMap<string, number>, BucketKey[]>()
  const sets = new Map<KeySet, (readonly [BucketKey, string])[]>()
  for (const [bucket, delta] of deltas) {
    if (bucketExpiry(bucket) <= now) continue
    append(hashes, delta.add, bucket)
    for (const [field, members] of delta.unique) append(sets, members, [bucket, field] as const)
  }
  const numberOf = (key: string, bucket: BucketKey) => {
    lifetimes.push(bucketExpiry(bucket) - now)
    // The position is the first of KEYS, which Lua counts from 1.
    return keys.push(key) + 1
  }
  const hashChanges: HashChange[] = []
  for (const [fields, buckets] of hashes) {
    for (const [group, additions] of byGroup(fields)) {
      hashChanges.push([buckets.map(bucket => numberOf(hashKey(tag, bucket, group), bucket)), additions])
    }
  }
  const setChanges: SetChange[] = []
  for (const [members, places] of sets) {
    const placeKeys = places.map(([bucket, field]) => setKey(tag, bucket, field))
    const unseen = seen?.takeUnseen(placeKeys, members)
    const forAll: number[] = []
    places.forEach(([bucket], i) => {
      const key = placeKeys[i] ?? ''
      const some = unseen?.[i]
      if (some === undefined || some.length === 2 * members.size) forAll.push(numberOf(key, bucket))
      else if (some.length > 0) setChanges.push([[numberOf(key, bucket)], digitsOf(some)])
    })
    if (forAll.length > 0) setChanges.push([forAll, digitsOf(wordsOf(members))])
  }
  return { keys, json: JSON.stringify([hashChanges, setChanges, lifetimes]) }
}

function wordsOf(members: KeySet): readonly number[] {
  const words: number[] = []
  members.visit((high, low) => {
    words.push(high, low)
  })
  return words
}

/** Members as 16 hexadecimal digits each, one after the other: one text is encoded, decoded and cut faster than a list of texts. */
function digitsOf(words: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(4 * words.length)
  for (let i = 0; i < words.length; i++) bytes.writeUInt32BE(words[i] as number, 4 * i)
  return bytes.toString('hex')
}

function byGroup(fields: ReadonlyMap<string, number>): ReadonlyMap<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const [field, amount] of fields) {
    const group = field.slice(0, GROUP_LENGTH)
    const known = groups.get(group)
    // Amounts are sent as text: as numbers in Lua they would lose digits.
    if (known) known.push(field, `${amount}`)
    else groups.set(group, [field, `${amount}`])
  }
  return groups
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}
