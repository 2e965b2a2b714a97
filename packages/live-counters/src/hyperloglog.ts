/**
 * HyperLogLog with 2^14 registers over members that are hashes already. Standard error 0.81%. The estimator is Ertl's ("New cardinality
 * estimation algorithms for HyperLogLog sketches", 2017), which needs no correction for small or large sets.
 *
 * Its bytes are sorted triples (register, value) while these are fewer than the registers, then one byte a register.
 */
const PRECISION = 14
const REGISTERS = 1 << PRECISION
/** The largest value of a register is one more than the bits left beside its index. */
const VALUE_BITS = 64 - PRECISION
const SPARSE_MOST = REGISTERS >> 2
const ALPHA = 0.5 / Math.LN2

export class HyperLogLog {
  private sparse: Map<number, number> | undefined = new Map()
  private dense: Uint8Array | undefined

  static fromBytes(bytes: Uint8Array): HyperLogLog {
    const sketch = new HyperLogLog()
    if (bytes.length === REGISTERS) {
      sketch.sparse = undefined
      sketch.dense = Uint8Array.from(bytes)
      return sketch
    }
    for (let i = 0; i + 2 < bytes.length; i += 3) {
      sketch.sparse?.set(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0), bytes[i + 2] ?? 0)
    }
    return sketch
  }

  /** @param member 16 hex digits of a good hash. Answers whether the sketch changed. */
  add(member: string): boolean {
    const high = Number.parseInt(member.slice(0, 8), 16)
    const rest = (high << PRECISION) >>> 0
    const zeros = rest !== 0 ? Math.clz32(rest) : 32 - PRECISION + Math.clz32(Number.parseInt(member.slice(8, 16), 16))
    return this.raise(high >>> (32 - PRECISION), zeros + 1)
  }

  merge(other: HyperLogLog): void {
    if (other.sparse) for (const [register, value] of other.sparse) this.raise(register, value)
    else if (other.dense) for (let register = 0; register < REGISTERS; register++) this.raise(register, other.dense[register] ?? 0)
  }

  /** How many different members were added, estimated. */
  estimate(): number {
    const having = new Array<number>(VALUE_BITS + 2).fill(0)
    const count = (value: number) => {
      having[value] = (having[value] ?? 0) + 1
    }
    if (this.sparse) {
      for (const value of this.sparse.values()) count(value)
      having[0] = REGISTERS - this.sparse.size
    } else if (this.dense) {
      for (const value of this.dense) count(value)
    }
    let z = REGISTERS * tau(1 - (having[VALUE_BITS + 1] ?? 0) / REGISTERS)
    for (let value = VALUE_BITS; value >= 1; value--) z = 0.5 * (z + (having[value] ?? 0))
    z += REGISTERS * sigma((having[0] ?? 0) / REGISTERS)
    return (ALPHA * REGISTERS * REGISTERS) / z
  }

  toBytes(): Uint8Array {
    if (this.dense) return this.dense
    const entries = [...(this.sparse ?? [])].sort(([a], [b]) => a - b)
    const bytes = new Uint8Array(entries.length * 3)
    entries.forEach(([register, value], i) => {
      bytes[3 * i] = register >> 8
      bytes[3 * i + 1] = register & 255
      bytes[3 * i + 2] = value
    })
    return bytes
  }

  private raise(register: number, value: number): boolean {
    if (this.dense) {
      if ((this.dense[register] ?? 0) >= value) return false
      this.dense[register] = value
      return true
    }
    if (!this.sparse || (this.sparse.get(register) ?? 0) >= value) return false
    this.sparse.set(register, value)
    if (this.sparse.size > SPARSE_MOST) {
      this.dense = new Uint8Array(REGISTERS)
      for (const [index, held] of this.sparse) this.dense[index] = held
      this.sparse = undefined
    }
    return true
  }
}

function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY
  let power = x
  let weight = 1
  let sum = x
  for (let before = -1; before !== sum; weight += weight) {
    power *= power
    before = sum
    sum += power * weight
  }
  return sum
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0
  let root = x
  let weight = 1
  let sum = 1 - x
  for (let before = -1; before !== sum; ) {
    root = Math.sqrt(root)
    before = sum
    weight *= 0.5
    sum -= (1 - root) ** 2 * weight
  }
  return sum / 3
}
