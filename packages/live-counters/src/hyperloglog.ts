/**
 * HyperLogLog with 2^14 registers. Its members are 64-bit hashes. Standard error 0.81%. The estimator is Ertl's ("New cardinality
 * estimation algorithms for HyperLogLog sketches", 2017), which needs no correction for small or large sets.
 *
 * A sketch with few used registers is encoded as triples (register in two bytes, value), a fuller one as one byte for each register.
 */
const PRECISION = 14
const REGISTERS = 1 << PRECISION
/** The largest value of a register is one more than the number of bits that its index leaves. */
const VALUE_BITS = 64 - PRECISION
const MAX_SPARSE = REGISTERS >> 2
/** Number of registers kept in a map before all of them are allocated: most sets are small, and a breakdown reads thousands. */
const MAX_MAPPED = 256
const ALPHA = 0.5 / Math.LN2

export class HyperLogLog {
  private mapped = new Map<number, number>()
  private registers: Uint8Array | null = null
  /** Number of `registers` in use. */
  private usedCount = 0

  /** Adds a member by the two words of its hash. Returns whether the sketch changed. */
  add(high: number, low: number): boolean {
    const rest = (high << PRECISION) >>> 0
    const zeros = rest !== 0 ? Math.clz32(rest) : 32 - PRECISION + Math.clz32(low)
    return this.raise(high >>> (32 - PRECISION), zeros + 1)
  }

  merge(other: HyperLogLog): void {
    other.visit((register, value) => this.raise(register, value))
  }

  /** Merges the result of {@link toBytes}. */
  mergeBytes(bytes: Uint8Array): void {
    if (bytes.length === REGISTERS) {
      if (!this.registers) this.allocate()
      for (let register = 0; register < REGISTERS; register++) this.raise(register, bytes[register] ?? 0)
    } else {
      for (let i = 0; i + 2 < bytes.length; i += 3) this.raise(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0), bytes[i + 2] ?? 0)
    }
  }

  /** Number of registers in use. */
  get used(): number {
    return this.registers ? this.usedCount : this.mapped.size
  }

  /** The estimated number of different members. */
  estimate(): number {
    const registersByValue = new Array<number>(VALUE_BITS + 2).fill(0)
    this.visit((_, value) => {
      registersByValue[value] = (registersByValue[value] ?? 0) + 1
    })
    let z = REGISTERS * tau(1 - (registersByValue[VALUE_BITS + 1] ?? 0) / REGISTERS)
    for (let value = VALUE_BITS; value >= 1; value--) z = 0.5 * (z + (registersByValue[value] ?? 0))
    z += REGISTERS * sigma((REGISTERS - this.used) / REGISTERS)
    return (ALPHA * REGISTERS * REGISTERS) / z
  }

  toBytes(): Uint8Array {
    if (this.registers && this.usedCount > MAX_SPARSE) return this.registers.slice()
    const bytes = new Uint8Array(this.used * 3)
    let at = 0
    this.visit((register, value) => {
      bytes[at++] = register >> 8
      bytes[at++] = register & 255
      bytes[at++] = value
    })
    return bytes
  }

  /** Calls `each` for every register in use, in ascending order. */
  private visit(each: (register: number, value: number) => void): void {
    const { registers } = this
    if (registers) {
      for (let register = 0; register < REGISTERS; register++) {
        const value = registers[register] as number
        if (value > 0) each(register, value)
      }
    } else for (const register of [...this.mapped.keys()].sort((a, b) => a - b)) each(register, this.mapped.get(register) as number)
  }

  private allocate(): void {
    this.registers = new Uint8Array(REGISTERS)
    this.usedCount = this.mapped.size
    for (const [at, held] of this.mapped) this.registers[at] = held
    this.mapped = new Map()
  }

  private raise(register: number, value: number): boolean {
    if (this.registers) {
      const held = this.registers[register] as number
      if (held >= value) return false
      if (held === 0) this.usedCount++
      this.registers[register] = value
      return true
    }
    if ((this.mapped.get(register) ?? 0) >= value) return false
    this.mapped.set(register, value)
    if (this.mapped.size > MAX_MAPPED) this.allocate()
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
