/** Bytes that grow as they are written, with the encodings of ClickHouse's `Native` format. Reused from block to block. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** A length or a count: seven bits a byte, low ones first. */
  varint(value: number): void {
    this.#reserve(9)
    let rest = value
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  uint64(value: number): void {
    this.#reserve(8)
    this.#bytes.writeUInt32LE(value >>> 0, this.#length)
    this.#bytes.writeUInt32LE(Math.floor(value / 2 ** 32), this.#length + 4)
    this.#length += 8
  }

  /** A string as UTF-8 after its length in bytes. Lone surrogates, which UTF-8 cannot hold, become U+FFFD. */
  text(value: string): void {
    const { length } = value
    if (length < 128) {
      this.#reserve(length + 1)
      const bytes = this.#bytes
      let at = this.#length
      bytes[at++] = length
      let i = 0
      // Most strings are short and ASCII: quicker to copy here than by a call.
      for (; i < length; i++) {
        const code = value.charCodeAt(i)
        if (code > 127) break
        bytes[at++] = code
      }
      if (i === length) {
        this.#length = at
        return
      }
    }
    const size = Buffer.byteLength(value)
    this.varint(size)
    this.#reserve(size)
    this.#length += this.#bytes.write(value, this.#length, size, 'utf8')
  }

  zeros(count: number): void {
    this.#reserve(count)
    this.#bytes.fill(0, this.#length, this.#length + count)
    this.#length += count
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** The memory of the first `length` bytes of a typed array. */
  memory(array: Uint32Array | Float64Array | Uint16Array, length: number): void {
    this.raw(new Uint8Array(array.buffer, array.byteOffset, length))
  }

  /** The written bytes, valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Returns a copy of the written bytes and empties the writer. */
  take(): Buffer {
    const copy = Buffer.from(this.view())
    this.#length = 0
    return copy
  }

  clear(): void {
    this.#length = 0
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.view())
    this.#bytes = larger
  }
}
