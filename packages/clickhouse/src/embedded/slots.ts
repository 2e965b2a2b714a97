import type { Slots } from './engine-connection.ts'

export function createSlots(limit: number): Slots {
  const waiting: (() => void)[] = []
  let free = limit

  return {
    async run(work) {
      if (free > 0) free--
      else await new Promise<void>(resolve => waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next === undefined) free++
        else next()
      }
    },
  }
}
