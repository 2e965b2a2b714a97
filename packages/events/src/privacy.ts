import { hash } from 'node:crypto'

export interface Pseudonyms {
  /** The pseudonym of a user or session id: 16 hex digits, the same for the same id as long as the key is the same; '' for ''. */
  of(id: string): string
}

const BLOCK = 64
const DEFAULT_CACHED = 50_000

/**
 * Pseudonyms by HMAC-SHA256 under a product's secret key, cut to 64 bits: who lacks the key cannot even test a guess.
 * The latest ids are remembered, since senders repeat them.
 * @param key at least 16 bytes
 * @param options.cached how many ids to remember (about 200 bytes each)
 */
export function createPseudonyms(key: Uint8Array, options: { readonly cached?: number } = {}): Pseudonyms {
  if (key.length < 16) throw new RangeError('the pseudonyms’ key needs at least 16 bytes')
  const cached = Math.max(2, options.cached ?? DEFAULT_CACHED)
  // HMAC written out over the one-shot hash: a third of the cost of a Hmac object for each id.
  const block = Buffer.alloc(BLOCK)
  block.set(key.length > BLOCK ? hash('sha256', key, 'buffer') : key)
  const outer = Buffer.alloc(BLOCK + 32)
  let inner = Buffer.alloc(BLOCK + 1024)
  for (let i = 0; i < BLOCK; i++) {
    inner[i] = (block[i] ?? 0) ^ 0x36
    outer[i] = (block[i] ?? 0) ^ 0x5c
  }

  function compute(id: string): string {
    const room = BLOCK + id.length * 3
    if (room > inner.length) inner = Buffer.concat([inner.subarray(0, BLOCK)], room)
    const length = inner.write(id, BLOCK, 'utf8')
    hash('sha256', inner.subarray(0, BLOCK + length), 'buffer').copy(outer, BLOCK)
    return hash('sha256', outer, 'hex').slice(0, 16)
  }

  // Two generations make a bounded cache that forgets the long unused, at one lookup for those in use.
  let young = new Map<string, string>()
  let old = new Map<string, string>()
  return {
    of(id) {
      if (id === '') return ''
      const known = young.get(id)
      if (known !== undefined) return known
      const pseudonym = old.get(id) ?? compute(id)
      if (young.size >= cached / 2) {
        old = young
        young = new Map()
      }
      young.set(id, pseudonym)
      return pseudonym
    },
  }
}
