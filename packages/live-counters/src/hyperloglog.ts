/**
 * HyperLogLog with 2^14 registers over members that are hashes already. Standard error 0.81%. The estimator is Ertl's ("New cardinality
 * estimation algorithms for HyperLogLog sketches", 2017), which needs no correction for small or large sets.
 *
 * As bytes it is triples (register in two bytes, value) while few registers are used, then one byte a register.
 */
const PRECISION = 14
const REGISTERS = 1 << PRECISION
/** The largest value of a register is one more than the bits left beside its index. */
const VALUE_BITS = 64 - PRECISION
const SPARSE_MOST = REGISTERS >> 2
/** So many registers lie in a map before all of them are allocated: most sets are small, and thousands are read for a breakdown. */
const MAPPED_MOST = 256
const ALPHA = 0.5 / Math.LN2

export class HyperLogLog {
  private mapped = new Map<number, number>()
  private registers: Uint8Array | null = null

  /** Adds a member by the words of a good 64-bit hash. Returns whether the sketch changed. */
  add(high: number, low: number): boolean {
    const rest = (high << PRECISION) >>> 0
    const zeros = rest !== 0 ? Math.clz32(rest) : 32 - PRECISION + Math.clz32(low)
    return this.raise(high >>> (32 - PRECISION), zeros + 1)
  }

  merge(other: HyperLogLog): void {
    for (const [register, value] of other.used()) this.raise(register, value)
  }

  /** Merges the result of {@link toBytes}. */
  mergeBytes(bytes: Uint8Array): void {
    if (bytes.length === REGISTERS) {
      for (let register = 0; register < REGISTERS; register++) this.raise(register, bytes[register] ?? 0)
    } else {
      for (let i = 0; i + 2 < bytes.length; i += 3) this.raise(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0), bytes[i + 2] ?? 0)
    }
  }

  /** The estimated number of different members. */
  estimate(): number {
    const having = new Array<number>(VALUE_BITS + 2).fill(0)
    let used = 0
    for (const [, value] of this.used()) {
      having[value] = (having[value] ?? 0) + 1
      used++
    }
    let z = REGISTERS * tau(1 - (having[VALUE_BITS + 1] ?? 0) / REGISTERS)
    for (let value = VALUE_BITS; value >= 1; value--) z = 0.5 * (z + (having[value] ?? 0))
    z += REGISTERS * sigma((REGISTERS - used) / REGISTERS)
    return (ALPHA * REGISTERS * REGISTERS) / z
  }

  toBytes(): Uint8Array {
    const used = [...this.used()]
    if (this.registers && used.length > SPARSE_MOST) return this.registers.slice()
    const bytes = new Uint8Array(used.length * 3)
    used
      .sort(([a], [b]) => a - b)
      .forEach(([register, value], i) => {
        bytes[3 * i] = register >> 8
        bytes[3 * i + 1] = register & 255
        bytes[3 * i + 2] = value
      })
    return bytes
  }

  private *used(): Generator<readonly [register: number, value: number]> {
    if (!this.registers) return yield* this.mapped
    for (let register = 0; register < REGISTERS; register++) {
      const value = this.registers[register] ?? 0
      if (value > 0) yield [register, value]
    }
  }

  private raise(register: number, value: number): boolean {
    if (this.registers) {
      if ((this.registers[register] ?? 0) >= value) return false
      this.registers[register] = value
      return true
    }
    if ((this.mapped.get(register) ?? 0) >= value) return false
    this.mapped.set(register, value)
    if (this.mapped.size > MAPPED_MOST) {
      this.registers = new Uint8Array(REGISTERS)
      for (const [at, held] of this.mapped) this.registers[at] = held
      this.mapped = new Map()
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
