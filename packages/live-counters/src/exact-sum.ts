/**
 * Exact, order-independent sums of doubles. A value is split into signed limbs of 20 bits, limb k having the weight
 * 2^(20k - 120). Limbs are whole numbers, so stores add them like counts, and up to 2^33 values may be added before a limb leaves
 * the exact range of a double. Bits below 2^-120 (7.5e-37) are discarded, as in the warehouse's sums.
 */
const LIMB_BITS = 20
const LOWEST_BIT = -120
/** Enough for the largest double. */
const LIMBS = 58

const WEIGHTS = Float64Array.from({ length: LIMBS }, (_, limb) => 2 ** (LIMB_BITS * limb + LOWEST_BIT))
const INVERSE_WEIGHTS = WEIGHTS.map(weight => 1 / weight)

const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)
const HIGH_WORD = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0

/** Adds the limbs of a finite number to `limbs`. */
export function addLimbs(limbs: Map<number, number>, value: number): void {
  double[0] = value
  const exponent = (((words[HIGH_WORD] ?? 0) >>> 20) & 0x7ff) - 1023
  let limb = Math.floor((exponent - LOWEST_BIT) / LIMB_BITS)
  for (let rest = value; rest !== 0 && limb >= 0; limb--) {
    const part = Math.trunc(rest * (INVERSE_WEIGHTS[limb] ?? 0))
    if (part === 0) continue
    limbs.set(limb, (limbs.get(limb) ?? 0) + part)
    rest -= part * (WEIGHTS[limb] ?? 0)
  }
}

/** A sum of limbs. */
export class ExactSum {
  private units = 0n

  addLimb(limb: number, amount: number): void {
    this.units += BigInt(amount) << BigInt(LIMB_BITS * limb)
  }

  merge(other: ExactSum): void {
    this.units += other.units
  }

  /** The double nearest to the sum. */
  value(): number {
    return sumOfUnits(this.units)
  }
}

/** The double nearest to a number of units of 2^-120. */
export const sumOfUnits = (units: bigint): number => Number(units) * 2 ** LOWEST_BIT

export const limbName = (limb: number): string => limb.toString(36)
export const limbFromName = (name: string): number => Number.parseInt(name, 36)
