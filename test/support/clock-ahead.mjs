/** Preloaded into a process under test: its clock is ahead by so many ms. */
const shift = Number(process.env.CLOCK_AHEAD_MS)
const Real = Date
globalThis.Date = class extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + shift)
    else super(...given)
  }
  static now() {
    return Real.now() + shift
  }
}
