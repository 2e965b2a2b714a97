/**
 * SipHash-1-3 (Aumasson, Bernstein: INDOCRYPT 2012): a 64-bit hash under a secret key. Colliding messages cannot be constructed without the
 * key. Rust's and Ruby's hash tables use it. 64-bit words are kept as two 32-bit halves, since BigInt is ten times as slow.
 */
export class SipHash {
  /** The halves of the last hash. */
  high = 0
  low = 0
  readonly #key: Int32Array

  /** @param key 16 bytes */
  constructor(key: Uint8Array) {
    if (key.length !== 16) throw new RangeError('the key needs 16 bytes')
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
    this.#key = Int32Array.from({ length: 4 }, (_, i) => view.getInt32(4 * i, true))
  }

  /** Hashes the message of a 64-bit number and a text, whose UTF-16 code units count as two bytes each. */
  update(numberHigh: number, numberLow: number, text: string): void {
    const key = this.#key
    const [k0, k1, k2, k3] = [key[0] as number, key[1] as number, key[2] as number, key[3] as number]
    let [a0, a1, b0, b1] = [k0 ^ 0x70736575, k1 ^ 0x736f6d65, k2 ^ 0x6e646f6d, k3 ^ 0x646f7261]
    let [c0, c1, d0, d1] = [k0 ^ 0x6e657261, k1 ^ 0x6c796765, k2 ^ 0x79746573, k3 ^ 0x74656462]
    const { length } = text
    // The number, blocks of four code units, a last block with the rest and the message's length in bytes; then three rounds without a block.
    const last = 1 + (length >> 2)
    for (let i = 0; i <= last + 3; i++) {
      let low = 0
      let high = 0
      if (i === 0) {
        low = numberLow
        high = numberHigh
      } else if (i < last) {
        const at = 4 * (i - 1)
        low = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)
        high = text.charCodeAt(at + 2) | (text.charCodeAt(at + 3) << 16)
      } else if (i === last) {
        const at = 4 * (i - 1)
        if (at < length) low = text.charCodeAt(at)
        if (at + 1 < length) low |= text.charCodeAt(at + 1) << 16
        if (at + 2 < length) high = text.charCodeAt(at + 2)
        high |= (8 + 2 * length) << 24
      } else if (i === last + 1) c0 ^= 0xff
      d0 ^= low
      d1 ^= high
      // One round. A sum of low halves carries if it is less than its addend.
      let sum = (a0 + b0) | 0
      a1 = (a1 + b1 + (sum >>> 0 < b0 >>> 0 ? 1 : 0)) | 0
      a0 = sum
      let half = (b1 << 13) | (b0 >>> 19)
      b0 = ((b0 << 13) | (b1 >>> 19)) ^ a0
      b1 = half ^ a1
      half = a0
      a0 = a1
      a1 = half
      sum = (c0 + d0) | 0
      c1 = (c1 + d1 + (sum >>> 0 < d0 >>> 0 ? 1 : 0)) | 0
      c0 = sum
      half = (d1 << 16) | (d0 >>> 16)
      d0 = ((d0 << 16) | (d1 >>> 16)) ^ c0
      d1 = half ^ c1
      sum = (a0 + d0) | 0
      a1 = (a1 + d1 + (sum >>> 0 < d0 >>> 0 ? 1 : 0)) | 0
      a0 = sum
      half = (d1 << 21) | (d0 >>> 11)
      d0 = ((d0 << 21) | (d1 >>> 11)) ^ a0
      d1 = half ^ a1
      sum = (c0 + b0) | 0
      c1 = (c1 + b1 + (sum >>> 0 < b0 >>> 0 ? 1 : 0)) | 0
      c0 = sum
      half = (b1 << 17) | (b0 >>> 15)
      b0 = ((b0 << 17) | (b1 >>> 15)) ^ c0
      b1 = half ^ c1
      half = c0
      c0 = c1
      c1 = half
      a0 ^= low
      a1 ^= high
    }
    this.low = (a0 ^ b0 ^ c0 ^ d0) >>> 0
    this.high = (a1 ^ b1 ^ c1 ^ d1) >>> 0
  }
}
