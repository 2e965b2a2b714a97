import { setImmediate as nextTurn } from 'node:timers/promises'

/** How long a request works before it yields to others, ms. */
const SLICE_MS = 8
/** Number of steps between two readings of the clock. */
const STEPS = 8

/** Shares the event loop: work checks after each small step whether its slice is over, and then awaits the next one. */
export interface TimeSlices {
  isOver(): boolean
  next(): Promise<void>
}

export function createTimeSlices(): TimeSlices {
  let began = performance.now()
  let steps = 0
  return {
    isOver: () => ++steps % STEPS === 0 && performance.now() - began >= SLICE_MS,
    async next() {
      await nextTurn()
      began = performance.now()
    },
  }
}

/** Runs a generator to its end in time slices. */
export async function runSliced<T>(work: Generator<void, T>): Promise<T> {
  for (let began = performance.now(); ; ) {
    const step = work.next()
    if (step.done) return step.value
    if (performance.now() - began < SLICE_MS) continue
    await nextTurn()
    began = performance.now()
  }
}
