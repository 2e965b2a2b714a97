import { readFileSync } from 'node:fs'

/** Preloaded into a process under test: its clock is ahead by the ms in the file, which is read again every 50 ms. */
const read = () => Number(readFileSync(process.env.CLOCK_SHIFT_FILE, 'utf8')) || 0
let shift = read()
setInterval(() => {
  shift = read()
}, 50).unref()
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
